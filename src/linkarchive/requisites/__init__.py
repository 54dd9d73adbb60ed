"""What a page needs to be shown, as its own files name it, and the same files with other addresses in their place.

Pure: text in, addresses or text out. `html` reads pages and frames, `css` style sheets, `srcset` lists of candidates.
"""

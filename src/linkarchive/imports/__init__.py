"""Captures that other programs made: WARC and WACZ files, ArchiveBox folders, SingleFile pages, wget mirrors.

`warc`, `wacz`, `archivebox`, `singlefile` and `mirror` read what others wrote and believe none of it;
`opening` says which of them reads a given file.
"""

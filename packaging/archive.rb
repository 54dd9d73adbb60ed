# A template: put in the address and the SHA-256 of a released source archive, then
# `brew update-python-resources archive` fills in the resources.
class Archive < Formula
  include Language::Python::Virtualenv

  desc "Keep the sources of articles, and tell what died, moved or changed"
  url "https://example.invalid/linkarchive-0.1.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "Apache-2.0"

  depends_on "rust" => :build
  depends_on "curl"
  depends_on "python@3.13"

  def install
    virtualenv_install_with_resources
    man1.install "packaging/archive.1" if File.exist? "packaging/archive.1"
    generate_completions_from_executable(bin/"archive", "completion")
  end

  test do
    (testpath/"article.md").write "See [a page](https://example.org/).\n"
    assert_match "https://example.org/", shell_output("#{bin}/archive extract article.md")
  end
end

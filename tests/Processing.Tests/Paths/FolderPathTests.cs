using OrleansTasks.Processing.Paths;

namespace OrleansTasks.Processing.Tests.Paths;

/// <summary>Which paths stay in a task's folder, in every spelling that others tried.</summary>
public sealed class FolderPathTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("a/b/c.txt")]
    [InlineData(".hidden")]
    [InlineData("...")]
    [InlineData("a..b")]
    [InlineData("..a/b")]
    [InlineData("C:\\x")]
    [InlineData("..\\..\\etc")]
    [InlineData(" ")]
    [InlineData("-rf")]
    [InlineData("a\nb")]
    [InlineData("%2e%2e/etc")]
    [InlineData("\u2024\u2024/etc")]
    [InlineData("\uff0e\uff0e/\u2215etc")]
    [InlineData("~/x")]
    [InlineData("$HOME/x")]
    [InlineData("😀/é/é")]
    public void FindFault_OrdinaryName_IsNull(string path) => Assert.Null(FolderPath.FindFault(path));

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("/", "is absolute")]
    [InlineData("/etc/passwd", "is absolute")]
    [InlineData("//a", "is absolute")]
    [InlineData("..", "has a segment ..")]
    [InlineData("../a", "has a segment ..")]
    [InlineData("a/../../b", "has a segment ..")]
    [InlineData("a/..", "has a segment ..")]
    [InlineData(".", "has a segment .")]
    [InlineData("./a", "has a segment .")]
    [InlineData("a/./b", "has a segment .")]
    [InlineData("a//b", "has an empty segment")]
    [InlineData("a/", "names a folder")]
    [InlineData("a\0b", "contains NUL")]
    public void FindFault_OfWhatLeavesTheFolderOrNamesNoFile_SaysWhy(string path, string fault) =>
        Assert.StartsWith(fault, FolderPath.FindFault(path), StringComparison.Ordinal);

    // An attribute cannot hold it.
    [Fact]
    public void FindFault_HalfOfASurrogatePair_SaysSo() => Assert.Equal("is not valid Unicode", FolderPath.FindFault("a\ud800b"));

    [Fact]
    public void FindFault_LengthsInBytes_EndWhereTheSystemsDo()
    {
        Assert.Null(FolderPath.FindFault(new string('a', 255)));
        Assert.NotNull(FolderPath.FindFault(new string('a', 256)));
        Assert.Null(FolderPath.FindFault(new string('é', 127)));
        Assert.NotNull(FolderPath.FindFault(new string('é', 128)));
        var longest = string.Join('/', Enumerable.Repeat(new string('a', 63), 64));
        Assert.Null(FolderPath.FindFault(longest + "b"));
        Assert.NotNull(FolderPath.FindFault(longest + "bc"));
    }

    [Theory]
    [InlineData("lib/", true)]
    [InlineData("a/b/", true)]
    [InlineData("lib", false)]
    [InlineData("/", false)]
    [InlineData("../", false)]
    [InlineData("a//", false)]
    public void FindFolderFault_TakesFoldersAlone(string path, bool isFit) => Assert.Equal(isFit, FolderPath.FindFolderFault(path) is null);

    [Theory]
    [InlineData("a", "a/b", true)]
    [InlineData("a/b/c", "a/b", true)]
    [InlineData("a", "ab", false)]
    [InlineData("a", "a", false)]
    [InlineData("a/b", "a/c", false)]
    public void Collide_WhereAFileWouldBeAFolder(string path, string other, bool collide)
    {
        Assert.Equal(collide, FolderPath.Collide(path, other));
        Assert.Equal(collide, FolderPath.Collide(other, path));
    }
}

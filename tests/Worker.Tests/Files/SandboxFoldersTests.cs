using OrleansTasks.Settings;
using OrleansTasks.Worker.Files;

namespace OrleansTasks.Worker.Tests.Files;

public sealed class SandboxFoldersTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("otask-sandbox-folders-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Theory]
    [InlineData("link")]
    [InlineData("real")]
    [InlineData("real/data/inside")]
    public void Check_FolderOverlapsADataFolderBehindALink_IsRefused(string allowed)
    {
        Prepare();
        Directory.CreateDirectory(Path.Combine(root, "real/data/inside"));

        AssertRefused(allowed);
    }

    [Fact]
    public void Check_DataFolderBehindALinkDoesNotExistYet_IsRefused()
    {
        Prepare();

        AssertRefused("link");
    }

    [Fact]
    public void Check_FolderBesideTheDataFolder_IsAllowed()
    {
        Prepare();
        Directory.CreateDirectory(Path.Combine(root, "real/data-of-others"));

        SandboxFolders.Check([Read("real/data-of-others")], Path.Combine(root, "link/data"));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("relative")]
    [InlineData("/no/such/folder")]
    public void Read_OtherThanAnExistingFolder_IsInvalid(string text) => Assert.Null(SandboxFolders.Read(text));

    private void Prepare()
    {
        Directory.CreateDirectory(Path.Combine(root, "real"));
        Directory.CreateSymbolicLink(Path.Combine(root, "link"), Path.Combine(root, "real"));
    }

    private string Read(string folder) => SandboxFolders.Read(Path.Combine(root, folder))!.Value.Value;

    private void AssertRefused(string allowed)
    {
        var folder = Read(allowed);
        var refused = Assert.Throws<StartRefusedException>(
            () => SandboxFolders.Check([folder], Path.Combine(root, "link/data")));
        Assert.Contains("--sandbox-allow", refused.Message, StringComparison.Ordinal);
    }
}

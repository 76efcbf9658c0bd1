using System.Runtime.Versioning;

namespace OrleansTasks.System.Tests.Running;

/// <summary>Gives a test data folders of its own, and removes them.</summary>
public abstract class DataFolders : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("otask-system-").FullName;

    /// <summary>A path in the test's own folder.</summary>
    protected string In(string name) => Path.Combine(root, name);

    /// <summary>Lets every user pass through the test's own folder, without seeing what is in it.</summary>
    [SupportedOSPlatform("linux")]
    protected void OpenWay() => File.SetUnixFileMode(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);

    /// <summary>The folder for the service's data.</summary>
    protected string Data => In("data");

    /// <summary>A join token that <c>otask node token</c> makes.</summary>
    /// <param name="options">Its options: <c>--data DIR</c>, or <c>--url URL</c>, and the token's terms.</param>
    protected static async Task<string> JoinToken(params string[] options)
    {
        var made = await Otask.Run(["node", "token", .. options]);
        Assert.True(made.ExitCode == 0, made.Errors);
        return made.Output.Trim();
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Directory.Delete(root, recursive: true);
    }
}

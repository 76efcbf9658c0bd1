using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Tests.Files;

/// <summary>Which files a job's chunk may be read from: by the rights of the tasks' user, and beneath the worker's roots.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class SourceFileOpenerTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("otask-sources-").FullName;

    public SourceFileOpenerTests()
    {
        Directory.CreateDirectory(In("root"));
        File.WriteAllText(In("root/a"), "beneath");
        File.WriteAllText(In("secret"), "outside");
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Open_WithoutRoots_OpensAnyFile() => Assert.Equal("outside", Read(new SourceFileOpener(null, []), In("secret")));

    [Fact]
    public void Open_BeneathARoot_OpensIt() => Assert.Equal("beneath", Read(Beneath, In("root/a")));

    [Theory]
    [InlineData("secret")]
    [InlineData("root/../secret")]
    [InlineData("root-and-more")]
    public void Open_OutsideTheRoots_IsRefused(string file)
    {
        File.WriteAllText(In("root-and-more"), "outside");

        Assert.Contains("is not below a folder", Assert.Throws<IOException>(() => Read(Beneath, In(file))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ALinkThatLeadsOutOfTheRoot_IsRefused()
    {
        File.CreateSymbolicLink(In("root/link"), In("secret"));
        Directory.CreateSymbolicLink(In("root/folder"), folder);

        Assert.Contains("is not below a folder", Refusal("root/link"), StringComparison.Ordinal);
        Assert.Contains("is not below a folder", Refusal("root/folder/secret"), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WhatIsNoFile_IsRefusedWithoutWaiting()
    {
        using (var made = System.Diagnostics.Process.Start("mkfifo", In("root/pipe")))
            made.WaitForExit();

        using var socket = new global::System.Net.Sockets.Socket(
            global::System.Net.Sockets.AddressFamily.Unix, global::System.Net.Sockets.SocketType.Stream, global::System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new global::System.Net.Sockets.UnixDomainSocketEndPoint(In("root/socket")));
        foreach (var (name, kind) in new[] { ("root/pipe", "a named pipe"), ("root/socket", "a socket"), (".", "a folder"), ("/dev/zero", "a character device") })
        {
            Assert.Contains($"is {kind}, not a regular file", Refusal(name), StringComparison.Ordinal);
            Assert.Equal($"is {kind}, not a regular file", FileKind.FaultOf(In(name)));
        }

        Assert.Contains("No such file", Refusal("root/none"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/proc/meminfo", false)]
    [InlineData("/proc/self/cmdline", false)]
    [InlineData("root/a", true)]
    [InlineData("root/empty", true)]
    [InlineData("root/none", true)]
    public void Fault_OfAFileWithoutASizeThatHasContent_IsTold(string name, bool isFine)
    {
        File.WriteAllText(In("root/empty"), "");

        Assert.Equal(isFine, FileKind.FaultOf(In(name)) is null);
    }

    [Fact]
    [Trait("Needs", "root")]
    public void Open_AsAnotherUser_WhatThatUserMayNotReadIsRefused()
    {
        Assert.SkipUnless(Environment.UserName == "root", "needs root");
        var opener = new SourceFileOpener(RunAsUser.Find("nobody"), []);
        foreach (var passed in new[] { folder, In("root") })
            File.SetUnixFileMode(passed, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);
        File.SetUnixFileMode(In("root/a"), UnixFileMode.UserRead);

        Assert.Contains("Permission denied", Assert.Throws<IOException>(() => Read(opener, In("root/a"))).Message, StringComparison.Ordinal);
        File.SetUnixFileMode(In("root/a"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Equal("beneath", Read(opener, In("root/a")));
        // The thread has its own rights back.
        Assert.Equal("outside", Read(new SourceFileOpener(null, []), In("secret")));
    }

    private SourceFileOpener Beneath => new(null, [In("root")]);

    private string Refusal(string file) => Assert.Throws<IOException>(() => Read(Beneath, In(file))).Message;

    private string In(string name) => Path.Combine(folder, name);

    private static string Read(SourceFileOpener opener, string path)
    {
        using var reader = new StreamReader(new FileStream(opener.Open(path), FileAccess.Read));
        return reader.ReadToEnd();
    }
}

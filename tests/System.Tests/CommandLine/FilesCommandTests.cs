using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary><c>otask</c> sends files with a task and brings back what it leaves.</summary>
[SupportedOSPlatform("linux")]
public sealed class FilesCommandTests(SharedServices services) : DataFolders
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_WithInputsAndArtifacts_SendsThemAndBringsThemBack()
    {
        var service = await services.Running;
        Directory.CreateDirectory(In("lib/deep"));
        await File.WriteAllTextAsync(In("sales.csv"), "a,b\n1,2\n", Cancellation);
        await File.WriteAllTextAsync(In("lib/report.sh"), "#!/bin/sh\nmkdir -p $2/deep\nwc -l < $1 > $2/n.txt\ncp lib/deep/empty $2/deep\ncp $0 $2/tool\n", Cancellation);
        await File.WriteAllTextAsync(In("lib/deep/empty"), "", Cancellation);
        File.SetUnixFileMode(In("lib/report.sh"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        var ran = await Otask.Run(
            service, "run", "-i", In("sales.csv"), "-i", In("lib"), "-i", In("sales.csv") + "=again/b.csv", "--artifact", "out/**", "--artifacts-to", In("got"),
            "find . -type f | sort; ./lib/report.sh again/b.csv out");

        Assert.Equal((0, "./again/b.csv\n./lib/deep/empty\n./lib/report.sh\n./sales.csv\n"), (ran.ExitCode, ran.Output));
        Assert.Matches("^otask: task [0-9a-f-]{36}\n$", ran.Errors);
        Assert.Equal(
            ["out/deep/empty", "out/n.txt", "out/tool"],
            Directory.GetFiles(In("got"), "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(In("got"), file)).Order(StringComparer.Ordinal));
        Assert.Equal("2\n", await File.ReadAllTextAsync(In("got/out/n.txt"), Cancellation));
        Assert.Equal(await File.ReadAllBytesAsync(In("lib/report.sh"), Cancellation), await File.ReadAllBytesAsync(In("got/out/tool"), Cancellation));
        Assert.Equal((true, false), (IsExecutable("got/out/tool"), IsExecutable("got/out/n.txt")));
    }

    [Fact]
    public async Task Run_WithoutTheArtifact_SaysWhichOne()
    {
        var ran = await Otask.Run(await services.Running, "run", "--artifact", "report.pdf", "--artifacts-to", In("got"), "true");

        Assert.NotEqual(0, ran.ExitCode);
        Assert.Contains("report.pdf", ran.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(In("got")));
    }

    [Fact]
    public async Task Submit_WithAnInputThatIsNotThere_SaysSo()
    {
        var submitted = await Otask.Run(await services.Running, "submit", "-i", In("nothing"), "true");

        Assert.Equal((2, ""), (submitted.ExitCode, submitted.Output));
        Assert.Contains($"{In("nothing")} does not exist", submitted.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_PutListShowGet_AreTheSameBytes()
    {
        var service = await services.Running;
        var bytes = Encoding.UTF8.GetBytes("unlike any other " + In(""));
        await File.WriteAllBytesAsync(In("a.txt"), bytes, Cancellation);
        var name = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";

        var put = await Otask.Run(service, "files", "put", In("a.txt"));
        Assert.Equal((0, $"{name}  {In("a.txt")}\n"), (put.ExitCode, put.Output));
        var all = await Otask.Run(service, "files", "list", "--limit", "0", "-o", "json");
        Assert.Contains(name, all.Output, StringComparison.Ordinal);
        Assert.Equal((0, Encoding.UTF8.GetString(bytes)), Both(await Otask.Run(service, "files", "get", name)));

        var submitted = await Otask.Run(service, "submit", "-i", In("a.txt"), "--artifact", "out/*", "mkdir out; cp a.txt 'out/b c.txt'");
        var id = submitted.Output.Trim();
        Assert.Equal("succeeded", (string?)(await service.Ended(id))["state"]);
        var list = await Otask.Run(service, "files", "list", id);
        Assert.Equal(0, list.ExitCode);
        Assert.Matches($@"out/b c\.txt +{bytes.Length} B +{name}", list.Output);
        Assert.Equal((0, Encoding.UTF8.GetString(bytes)), Both(await Otask.Run(service, "files", "show", id, "out/b c.txt")));
        var got = await Otask.Run(service, "files", "get", id, "--to", In("got"));
        Assert.Equal((0, ""), Both(got));
        Assert.Contains("1 file", got.Errors, StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(In("got/out/b c.txt"), Cancellation));
        // A second time replaces what is there.
        await File.WriteAllTextAsync(In("got/out/b c.txt"), "old", Cancellation);
        Assert.Equal(0, (await Otask.Run(service, "files", "get", id, "--to", In("got"))).ExitCode);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(In("got/out/b c.txt"), Cancellation));
        Assert.Single(JsonNode.Parse((await Otask.Run(service, "files", "list", id, "-o", "json")).Output)!.AsArray());
    }

    private bool IsExecutable(string path) => File.GetUnixFileMode(In(path)).HasFlag(UnixFileMode.UserExecute);

    private static (int ExitCode, string Output) Both(Finished run) => (run.ExitCode, run.Output);
}

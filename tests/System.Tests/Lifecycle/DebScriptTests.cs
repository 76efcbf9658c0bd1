using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Lifecycle;

/// <summary>
/// The scripts of the Debian packages, in a folder of the test and with stubs in place of the programs that need root.
/// <c>make deb-test</c> runs them as they are.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed partial class DebScriptTests : DataFolders
{
    private const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private string Key => In("etc/orleanstasks/admin.key");

    private string Calls => In("calls");

    [Fact]
    public async Task Postinst_AfterTheFirstKeyCouldNotBeMade_MakesIt()
    {
        await Stub("otask", $"touch {In("var/lib/orleanstasks/tasks.db")}; exit 1");
        Assert.NotEqual(0, (await Postinst("orleanstasks", "configure")).ExitCode);
        Assert.False(File.Exists(Key));

        await Stub("otask", "echo otk_first");
        Assert.Equal(new Finished(0, "", ""), await Postinst("orleanstasks", "configure"));
        Assert.Equal(new Finished(0, "", ""), await Postinst("orleanstasks", "configure"));

        Assert.Equal("otk_first\n", await File.ReadAllTextAsync(Key));
        Assert.Equal([Key], Directory.GetFiles(In("etc/orleanstasks")));
        Assert.Equal(2, (await File.ReadAllLinesAsync(Calls)).Count(
            static line => line.StartsWith("otask key create ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData("", "otk_first\n")] // An earlier version of the package left it behind.
    [InlineData("otk_own\n", "otk_own\n")]
    public async Task Postinst_WithDataOfAnEarlierInstallation_ReplacesOnlyAnEmptyKey(string? before, string after)
    {
        Directory.CreateDirectory(In("var/lib/orleanstasks"));
        Directory.CreateDirectory(In("etc/orleanstasks"));
        await File.WriteAllTextAsync(In("var/lib/orleanstasks/tasks.db"), "");
        if (before is not null)
            await File.WriteAllTextAsync(Key, before);
        await Stub("otask", "echo otk_first");

        Assert.Equal(new Finished(0, "", ""), await Postinst("orleanstasks", "configure"));

        Assert.Equal(after, File.Exists(Key) ? await File.ReadAllTextAsync(Key) : "");
    }

    [Theory]
    [InlineData("orleanstasks", "otask.service")]
    [InlineData("orleanstasks-worker", "otask-worker.service")]
    public async Task Postinst_WheneverTheUnitsMayHaveBeenStopped_StartsThem(string package, string unit)
    {
        await Stub("otask", "echo otk_first");
        foreach (var argument in (string[])["configure", "abort-upgrade", "abort-remove", "abort-deconfigure"])
        {
            File.Delete(Calls);
            Assert.Equal(new Finished(0, "", ""), await Postinst(package, argument));
            Assert.Contains($"deb-systemd-invoke start {unit}", await File.ReadAllLinesAsync(Calls));
        }

        File.Delete(Calls);
        Assert.Equal(new Finished(0, "", ""), await Postinst(package, "triggered"));
        Assert.False(File.Exists(Calls));
    }

    private async Task<Finished> Postinst(string package, string argument)
    {
        foreach (var folder in (string[])["etc/orleanstasks", "run/systemd/system", "usr/lib/orleanstasks", "var/lib"])
            Directory.CreateDirectory(In(folder));
        foreach (var program in (string[])["deb-systemd-helper", "deb-systemd-invoke", "systemctl"])
            await Stub(program, ":");
        await Stub(
            "install", "for last; do :; done; if [ \"$1\" = -d ]; then mkdir -p \"$last\"; else : > \"$last\"; fi");
        var deb = Path.Combine(BuiltPrograms.Repository, "deploy", "deb");
        var worker = await File.ReadAllTextAsync(Path.Combine(deb, "worker-program.sh"));
        var text = (await File.ReadAllTextAsync(Path.Combine(deb, package, "postinst")))
            .Replace("@USERS@\n", "", StringComparison.Ordinal)
            .Replace("@WORKER@\n", worker, StringComparison.Ordinal);
        var script = In("postinst");
        await File.WriteAllTextAsync(script, SystemFolder().Replace(text, In("") + "/"));
        return await Finished.Run(
            "/bin/sh", [script, argument], [("PATH", $"{In("bin")}:{Environment.GetEnvironmentVariable("PATH")}")]);
    }

    /// <summary>Puts a program into the path that records how it is called.</summary>
    private async Task Stub(string name, string body)
    {
        Directory.CreateDirectory(In("bin"));
        var path = In($"bin/{name}");
        await File.WriteAllTextAsync(path, $"#!/bin/sh\necho \"{name} $*\" >> {Calls}\n{body}\n");
        File.SetUnixFileMode(path, Executable);
    }

    [GeneratedRegex("(?<=[ =])/(?=(etc|run|usr|var)/)")]
    private static partial Regex SystemFolder();
}

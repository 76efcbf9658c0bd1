using System.Runtime.Versioning;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Lifecycle;

/// <summary>The service's option <c>--run-as</c>, which takes root.</summary>
[SupportedOSPlatform("linux")]
public sealed class RunAsTests : DataFolders
{
    private static readonly bool IsRoot = Environment.UserName == "root";

    [Theory]
    [InlineData("no-such-user")]
    [InlineData("")]
    public async Task RunAs_CannotBe_EndsWithTwoAndNamesTheOption(string user)
    {
        var ended = await Finished.Run(BuiltPrograms.Client, "--all-in-one", "--data", Data, "--run-as", user);

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("--run-as takes", ended.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task RunAs_AUser_TasksAreThatUsersAndSeeNothingOfTheService()
    {
        Assert.SkipUnless(IsRoot, "needs root");
        File.SetUnixFileMode(In("."), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        await using var service = await Service.Start(Data, "--run-as", "nobody");

        var task = await service.Ended(await service.Submit(
            $"id -un; echo $HOME; umask; stat -c %U .; cat {Data}/tasks.db 2>&1; cat {Data}/worker/instance 2>&1; ls {Data} 2>&1; true"));

        var lines = ((string)task["output"]!["tail"]!).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["nobody", "/nonexistent", "0027", "nobody"], lines[..4]);
        Assert.Equal(3, lines[4..].Length);
        Assert.All(lines[4..], static line => Assert.Contains("Permission denied", line, StringComparison.Ordinal));
    }
}

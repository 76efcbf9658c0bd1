using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using Grpc.Core;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Worker.Link;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.System.Tests.Lifecycle;

/// <summary>The service's options <c>--run-as</c> and <c>--run-as-range</c>, which take root.</summary>
[SupportedOSPlatform("linux")]
public sealed class RunAsTests : DataFolders
{
    private static readonly bool IsRoot = Environment.UserName == "root";

    // Of this process alone, as others may run the same tests.
    private static readonly int FirstNumber = 1_300_000_000 + (Environment.ProcessId * 100);
    private static readonly string Range = $"{FirstNumber}-{FirstNumber + 20}";

    [Theory]
    [InlineData("no-such-user")]
    [InlineData("")]
    public async Task RunAs_CannotBe_EndsWithTwoAndNamesTheOption(string user)
    {
        var ended = await Finished.Run(BuiltPrograms.AllInOne, "--data", Data, "--run-as", user);

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains(IsRoot ? $"Invalid value '{user}' for --run-as: expected " : "--run-as", ended.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task RunAs_NoKeyExists_EndsWithOneAndSaysHowToMakeOne()
    {
        Assert.SkipUnless(IsRoot, "needs root");
        OpenWay();

        var ended = await Finished.Run(
            BuiltPrograms.AllInOne, "--data", Data, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--run-as", "nobody");

        Assert.Equal(1, ended.ExitCode);
        Assert.Contains("--http 127.0.0.1:0: tasks and other users of this machine could reach this", ended.Errors, StringComparison.Ordinal);
        Assert.Contains($"otask key create --data {Data}", ended.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Needs", "root")]
    [InlineData("Invalid value '300000' for --run-as-range: expected FIRST-LAST", "--run-as-range", "300000")]
    [InlineData("--run-as-range 1000001-1000004 has 3 numbers", "--slots", "1", "--run-as-range", "1000001-1000004")]
    [InlineData("--run-as-range 65000-65535: 65534 is the user 'nobody'", "--slots", "1", "--run-as-range", "65000-65535")]
    [InlineData("--run-as and --run-as-range exclude each other", "--run-as", "nobody", "--run-as-range", "1000001-1000999")]
    public async Task RunAsRange_CannotBe_EndsWithTwoAndSaysWhy(string words, params string[] options)
    {
        Assert.SkipUnless(IsRoot, "needs root");

        var ended = await Finished.Run(BuiltPrograms.AllInOne, ["--data", Data, .. options]);

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains(words, ended.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task RunAsRange_NoKeyExists_EndsWithOneAndSaysHowToMakeOne()
    {
        Assert.SkipUnless(IsRoot, "needs root");
        OpenWay();

        var ended = await Finished.Run(BuiltPrograms.AllInOne, "--data", Data, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0",
            "--slots", "2", "--run-as-range", Range);

        Assert.Equal(1, ended.ExitCode);
        Assert.Contains($"otask key create --data {Data}", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task RunAsRange_TasksOfTheService_AreUsersThatNobodyElseIs()
    {
        Assert.SkipUnless(IsRoot, "needs root");
        OpenWay();
        await using var service = await Service.StartGuarded(Data, "--slots", "2", "--run-as-range", Range);

        var first = await service.Ended(await service.Submit("id -u; [ \"$HOME\" = \"$PWD\" ] && echo home"));
        var second = await service.Ended(await service.Submit("id -u; [ \"$HOME\" = \"$PWD\" ] && echo home"));

        Assert.Equal(($"{FirstNumber + 1}\nhome\n", $"{FirstNumber + 2}\nhome\n"),
            ((string?)first["output"]!["tail"], (string?)second["output"]!["tail"]));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task RunAs_ATaskTriesToSubmitAndToRegister_NeitherIsTaken()
    {
        Assert.SkipUnless(IsRoot, "needs root");
        OpenWay();
        await using var service = await Service.StartGuarded(Data, "--run-as", "nobody");

        var task = await service.Ended(await service.Submit(
            $"curl -s -o /dev/null -w '%{{http_code}}' -H 'Content-Type: application/json' -d '{{\"cmd\":\"id\"}}' {service.Url}api/v1/tasks"));
        Assert.Equal("401", (string?)task["output"]!["tail"]);

        // A worker that connects in clear text, as workers of an open service do.
        using var master = new MasterConnection(new MasterChannelOptions { Address = new Uri($"http://{service.Grpc}") });
        await Assert.ThrowsAsync<RpcException>(() => master.ReportStatus(
            new StatusReport { NodeId = "thief", Registration = new Registration { Slots = 1 } }, TestContext.Current.CancellationToken));
        Assert.DoesNotContain("thief", await service.Http.GetStringAsync("/api/v1/nodes"), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task RunAs_AUser_TasksAreThatUsersAndSeeNothingOfTheService()
    {
        Assert.SkipUnless(IsRoot, "needs root");
        OpenWay();
        await using var service = await Service.StartGuarded(Data, "--run-as", "nobody");

        var task = await service.Ended(await service.Submit(
            $"id -un; echo $HOME; umask; stat -c %U .; cat {Data}/tasks.db 2>&1; cat {Data}/worker/instance 2>&1; ls {Data} 2>&1; true"));

        var lines = ((string)task["output"]!["tail"]!).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["nobody", "/nonexistent", "0027", "nobody"], lines[..4]);
        Assert.Equal(3, lines[4..].Length);
        Assert.All(lines[4..], static line => Assert.Contains("Permission denied", line, StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task RunAs_AJobReadsAFileThatTheUserMayNot_FailsAndTellsNothingOfIt()
    {
        Assert.SkipUnless(IsRoot, "needs root");
        OpenWay();
        Directory.CreateDirectory(In("files"));
        await File.WriteAllTextAsync(In("files/secret"), "of root alone\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(In("files/secret"), UnixFileMode.UserRead);
        await using var service = await Service.StartGuarded(Data, "--run-as", "nobody", "--file-root", In("files"));

        using var posted = await service.Post("/api/v1/jobs", JsonNode.Parse(
            $$$"""{"source":{"file":{"path":"{{{In("files/secret")}}}"}},"process":{"builtin":"identity"},"aggregate":[{"op":"collect"}]}""")!);
        var job = posted.EnsureSuccessStatusCode().Headers.Location!;
        var ended = await service.Http.GetStringAsync(new Uri($"{job}?wait=60s", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Contains("file-unreadable", ended, StringComparison.Ordinal);
        Assert.DoesNotContain("of root alone", ended, StringComparison.Ordinal);
    }
}

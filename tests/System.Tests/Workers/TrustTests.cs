using System.Net;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>Workers of a service that other machines can reach: tokens, certificates, and what is refused.</summary>
[SupportedOSPlatform("linux")]
public sealed class TrustTests(TrustTests.OpenService open) : DataFolders, IClassFixture<TrustTests.OpenService>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Start_BeyondLoopbackWithoutKeyOrToken_EndsWithTwo()
    {
        var ended = await Finished.Run(
            BuiltPrograms.AllInOne, "--data", Data, "--http", "127.0.0.1:0", "--grpc", "0.0.0.0:0");

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("--grpc 0.0.0.0:0", ended.Errors, StringComparison.Ordinal);
        Assert.Contains($"otask node token --data {Data}", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Worker_JoinsWithATokenOnce_AndWorksByItsCertificateUntilItsNodeIsForgotten()
    {
        var first = await JoinToken("--data", open.Folder);
        var service = open.Service;
        await using (var worker = await Start(service, "once1", "--token", first))
        {
            Assert.Equal("once1\n", (string?)(await service.Ended(await service.Submit("echo $NODE_ID")))["output"]!["tail"]);
            var identity = Path.Combine(worker.Data, "identity.pem");
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(identity));
            worker.Send(Signals.Terminate);
            Assert.Equal(0, await worker.End());
        }

        await using (var again = await Start(service, "once1", "--token", first))
        {
            Assert.Equal("succeeded", (string?)(await service.Ended(await service.Submit("true")))["state"]);
            again.Send(Signals.Terminate);
            Assert.Equal(0, await again.End());
        }

        var second = await Refused(service, "once2", "--token", first);
        Assert.Equal(1, second.ExitCode);
        Assert.Contains("--token: The join token has already been used", second.Errors, StringComparison.Ordinal);

        using var forgotten = await service.Http.DeleteAsync("/api/v1/nodes/once1");
        Assert.Equal(HttpStatusCode.NoContent, forgotten.StatusCode);
        await Until.Holds("the certificate is refused", Patience, async () =>
        {
            // For a moment it may still be known as good; then the worker works, and is told so.
            await using var worker = WorkerProcess.Launch(BuiltPrograms.Worker, Arguments(service, "once1"), "once1", In("once1"));
            return await Task.WhenAny(worker.Started(), worker.End()) is Task<int> { Result: 1 }
                && worker.Log.Contains("the node was forgotten", StringComparison.Ordinal);
        });
        await using var back = await Start(service, "once1", "--token", await JoinToken("--url", service.Url.ToString()));
    }

    [Fact]
    public async Task Token_OverHttp_IsShownOnceAndLetsAWorkerInByItsEnvironment()
    {
        var service = open.Service;

        using var answer = await service.Http.PostAsync("/api/v1/nodes/tokens", null);

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        var made = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        var left = DateTimeOffset.Parse((string)made["expiresAt"]!) - TimeProvider.System.GetUtcNow();
        Assert.InRange(left, TimeSpan.FromMinutes(55), TimeSpan.FromMinutes(61));
        var file = In("token");
        await File.WriteAllTextAsync(file, $"{made["token"]}\n");
        await using (var worker = await Start(service, "http1", "--token-file", file))
            Assert.DoesNotContain((string)made["token"]!, service.Log, StringComparison.Ordinal);

        // It has joined: the secret need not lie around.
        File.Delete(file);
        await using (var again = await Start(service, "http1", "--token-file", file))
            Assert.DoesNotContain("--token-file", again.Log, StringComparison.Ordinal);
        var never = await Refused(service, "http2", "--token-file", file);
        Assert.Equal(2, never.ExitCode);
    }

    [Fact]
    public async Task Token_WithNameAndLabels_LetsInSuchANodeWithTheseLabels()
    {
        var token = await JoinToken("--data", open.Folder, "--node", "gpu-*", "--label", "zone=secure");
        var plain = await JoinToken("--data", open.Folder);
        var wrong = await Otask.Run("node", "token", "--data", open.Folder, "--label", "Zone=x");
        var service = open.Service;

        var refused = await Refused(service, "named1", "--token", token);
        await using var worker = await Start(service, "gpu-1", "--token", token);
        await using var other = WorkerProcess.Launch(
            BuiltPrograms.Worker, [.. Arguments(service, "named2"), "--token", plain, "--label", "zone=secure"], "named2", In("named2"));

        Assert.Equal((2, 1), (wrong.ExitCode, refused.ExitCode));
        Assert.Contains("names match 'gpu-*'", refused.Errors, StringComparison.Ordinal);
        var nodes = JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/nodes"))!["items"]!.AsArray();
        Assert.Equal("secure", (string?)nodes.Single(static node => (string?)node!["id"] == "gpu-1")!["labels"]!["zone"]);
        await Until.Holds("the other worker is told", Patience, () => Task.FromResult(
            other.Log.Contains("Only join tokens can give the label 'zone'", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Token_OfNobodyOrOfAnotherService_IsRefusedInWords()
    {
        var own = await JoinToken("--data", open.Folder);
        var foreign = await JoinToken("--data", In("elsewhere"));
        var service = open.Service;
        var guessed = string.Concat(own.AsSpan(0, 10), "AAAAAAAA", own.AsSpan(18));

        var unknown = await Refused(service, "guess1", "--token", guessed);
        var elsewhere = await Refused(service, "guess1", "--token", foreign);
        var broken = await Refused(service, "guess1", "--token", own[..^8]);

        Assert.Equal((1, 1, 2), (unknown.ExitCode, elsewhere.ExitCode, broken.ExitCode));
        Assert.Contains("another service created it", unknown.Errors, StringComparison.Ordinal);
        Assert.Contains("does not belong to the service that issued the join token", elsewhere.Errors, StringComparison.Ordinal);
        Assert.Contains("Invalid value for --token: expected a join token", broken.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(own[..^8], broken.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Service_WithAnotherAuthority_IsToldOnceWithWhatToDoAndTriedOn()
    {
        var token = await JoinToken("--data", Data);
        await using var first = await Service.Start(Data, "--slots", "0", "--grpc", "0.0.0.0:0");
        // Who answers there changes.
        var place = RestartAddress.Next();
        await using var before = new FreezingProxy(Address(first), place);
        await using var worker = await WorkerProcess.Start([place], "w1", In("w1"), "--token", token);
        await first.KillAll();
        await before.DisposeAsync();
        var began = TimeProvider.System.GetTimestamp();
        await using (var way = new FreezingProxy(Address(open.Service), place))
        {
            await Until.Holds("the worker says so", Patience, () => Task.FromResult(Told(worker) > 0));
            Assert.Contains("with a new join token (--token) from 'otask node token'", worker.Log, StringComparison.Ordinal);
            Assert.DoesNotContain("Callback", worker.Log, StringComparison.Ordinal);
            // Each try is a connection of its own, and is over when the next one is made.
            var tries = way.Accepted;
            await Until.Holds("the worker tries on", Patience, () => Task.FromResult(way.Accepted >= tries + 4));
            // Told again after ten seconds, which so many tries take on a busy machine.
            Assert.InRange(Told(worker), 1, 1 + (int)(TimeProvider.System.GetElapsedTime(began) / TimeSpan.FromSeconds(10)));
        }

        await using var back = await Service.Start(Data, "--slots", "0", "--grpc", "0.0.0.0:0");
        await using var after = new FreezingProxy(Address(back), place);
        Assert.Equal("w1", (string?)(await back.Ended(await back.Submit("true")))["node"]);
    }

    private static int Told(WorkerProcess worker) => worker.Log.Split('\n').Count(static line =>
        line.Contains(" fail: ", StringComparison.Ordinal) && line.Contains("is not the service that this worker joined", StringComparison.Ordinal));

    [Fact]
    public async Task Worker_OfAnotherMachineWithoutToken_EndsWithTwo()
    {
        var ended = await Finished.Run(BuiltPrograms.Worker, "--master", "192.0.2.1:50051", "--name", "w1", "--data", In("w1"));

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("--token", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Worker_OnTheServicesMachineWithoutToken_IsToldWhatToDo()
    {
        var service = open.Service;

        await using var worker = WorkerProcess.Launch(BuiltPrograms.Worker, Arguments(service, "untold1"), "untold1", In("untold1"));

        await Until.Holds("the worker says so", Patience, () => Task.FromResult(
            worker.Log.Contains("with a join token (--token) from 'otask node token'", StringComparison.Ordinal)));
    }

    private Task<WorkerProcess> Start(Service service, string name, params string[] options) =>
        WorkerProcess.Start([Address(service)], name, In(name), options);

    private Task<Finished> Refused(Service service, string name, params string[] options) =>
        Finished.Run(BuiltPrograms.Worker, [.. Arguments(service, name), .. options]);

    private string[] Arguments(Service service, string name) =>
        ["--master", Address(service), "--name", name, "--data", In(name)];

    private static string Address(Service service) => service.Grpc.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal);

    /// <summary>A service that workers of other machines can reach, and that has made a join token.</summary>
    public sealed class OpenService : DataFolders, IAsyncLifetime
    {
        internal Service Service { get; private set; } = null!;

        internal string Folder => Data;

        public async ValueTask InitializeAsync()
        {
            await JoinToken("--data", Data);
            Service = await Service.Start(Data, "--slots", "0", "--grpc", "0.0.0.0:0");
        }

        public async ValueTask DisposeAsync()
        {
            await Service.DisposeAsync();
            Dispose();
        }
    }
}

using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Core;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Worker.Link;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>A worker that names queues which never gave it anything.</summary>
public sealed class InventedQueueTests : DataFolders
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Node_NamesTwoThousandInventedQueues_NoQueueIsMadeAndTheAttemptsAreToBeKilled()
    {
        await using var service = await Service.Start(Data, "--slots", "0");
        var before = await Queues(service);
        using var connection = Connect(service);
        var leases = Enumerable.Range(0, 2_000).Select(static i => Invented($"invented-{i}")).ToArray();
        var registration = new StatusReport { NodeId = "rogue", Registration = new Registration { Instance = "one", Slots = 1 } };
        registration.Held.AddRange(leases);
        var session = (await connection.ReportStatus(registration, Cancellation)).Session;
        var heartbeat = new StatusReport { NodeId = "rogue", Session = session };
        heartbeat.Held.AddRange(leases);

        var answer = await connection.ReportStatus(heartbeat, Cancellation);

        Assert.Equal(StatusAnswer.Types.Outcome.Ok, answer.Outcome);
        Assert.Equal(leases.Length, answer.Kill.Count);
        var report = new Progress { NodeId = "rogue", Session = session };
        report.Refused.AddRange(leases);
        Assert.True((await connection.Report(report, Cancellation)).Settled);
        Assert.Equal(before, await Queues(service));
    }

    [Fact]
    public async Task Heartbeat_OfWhatIsNoQueue_IsInvalid()
    {
        await using var service = await Service.Start(Data, "--slots", "0");
        using var connection = Connect(service);
        var registration = new StatusReport { NodeId = "rogue", Registration = new Registration { Instance = "one", Slots = 1 } };
        var session = (await connection.ReportStatus(registration, Cancellation)).Session;
        foreach (var queue in (string[])["", "No Queue", "default/0", "../default", new string('q', 65)])
        {
            var failure = await Assert.ThrowsAsync<RpcException>(() => connection.ReportStatus(
                new StatusReport { NodeId = "rogue", Session = session, Held = { Invented(queue) } }, Cancellation));
            Assert.Equal(StatusCode.InvalidArgument, failure.StatusCode);
        }
    }

    private static async Task<string[]> Queues(Service service) =>
        [.. JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/queues", Cancellation))!["items"]!.AsArray().Select(static q => (string)q!["name"]!)];

    private static Lease Invented(string queue) => new()
    {
        TaskId = "00000000-0000-7000-8000-000000000001",
        Queue = queue,
        Attempt = 1,
        Token = ByteString.CopyFrom(new byte[16]),
    };

    private static MasterConnection Connect(Service service) =>
        new(new MasterChannelOptions { Address = new Uri($"http://{service.Grpc}") });
}

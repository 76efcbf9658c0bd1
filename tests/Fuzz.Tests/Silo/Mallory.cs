using System.Text;
using System.Text.Json.Nodes;
using Grpc.Core;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Worker.Link;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Fuzz.Tests.Silo;

/// <summary>
/// A node that registers as it should, is given tasks, and runs none: hostile calls speak in its name.
/// </summary>
internal sealed class Mallory : IAsyncDisposable
{
    /// <summary>The node's id.</summary>
    public const string Name = "mallory";

    /// <summary>
    /// Another registered node. Without certificates whoever can connect may be any node, so the worker whose work is
    /// checked is never named.
    /// </summary>
    public const string Bystander = "eve";

    /// <summary>The instance that the node registers with.</summary>
    public const string Instance = "0123456789abcdef0123456789abcdef";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private readonly Service service;
    private readonly MasterChannel channel;
    private readonly CancellationTokenSource stop = new();
    private Task receiving = Task.CompletedTask;

    /// <summary>Makes the node; it is not registered.</summary>
    public Mallory(Service service)
    {
        this.service = service;
        channel = new MasterChannel(new MasterChannelOptions { Address = new Uri($"http://{service.Grpc}") });
    }

    /// <summary>The latest session.</summary>
    public long Session { get; private set; }

    /// <summary>The latest lease; null before the first.</summary>
    public Lease? Lease { get; private set; }

    /// <summary>Registers anew, opens the stream of commands, and submits a task that only this node may run.</summary>
    public async Task Register()
    {
        var answer = await channel.Unary(NodeServiceMethods.ReportStatus, Registering(Name, Instance), Limit,
            stop.Token);
        if (answer.Outcome != StatusAnswer.Types.Outcome.Ok)
            return;
        Session = answer.Session;
        await channel.Unary(NodeServiceMethods.ReportStatus, Registering(Bystander, "fedcba9876543210fedcba9876543210"),
            Limit, stop.Token);
        if (receiving.IsCompleted)
            receiving = Receive(Session);
        var task = """{"cmd":"true","requires":{"mallory":"yes"},"retry":{"onNodeLost":false},"expiresAt":"EXPIRES"}"""
            .Replace("EXPIRES", TimeProvider.System.GetUtcNow().AddSeconds(20).ToString("O"), StringComparison.Ordinal);
        using var accepted = await service.Http.PostAsync("/api/v1/tasks",
            new StringContent(task, Encoding.UTF8, "application/json"));
        Assert.True(accepted.IsSuccessStatusCode,
            JsonNode.Parse(await accepted.Content.ReadAsStringAsync())?.ToJsonString());
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await receiving;
        channel.Dispose();
        stop.Dispose();
    }

    private static StatusReport Registering(string node, string instance) =>
        new() { NodeId = node, Registration = new Registration { Instance = instance, Slots = 2, Labels =
            { ["mallory"] = "yes" } } };

    private async Task Receive(long session)
    {
        try
        {
            var request = new AssignRequest { NodeId = Name, Session = session };
            await foreach (var commands in channel.ServerStream(NodeServiceMethods.AssignTask, request, stop.Token))
                if (commands.Start.Count > 0)
                    Lease = commands.Start[^1].Lease;
        }
        catch (Exception over) when (over is RpcException or OperationCanceledException)
        {
            // The session is over; the next registration opens another stream.
        }
    }
}

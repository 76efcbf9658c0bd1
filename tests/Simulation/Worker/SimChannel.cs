using System.Runtime.CompilerServices;
using System.Threading.Channels;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Simulation.Worker;

/// <summary>
/// A worker's connection: its calls travel to the node service of one silo, and to another one's after it broke. What a
/// network does to calls happens to them: lost, late, out of order, repeated.
/// </summary>
internal sealed class SimChannel(
    SimCluster cluster, SimProcess agent, string host, SimRandom chance, Func<IReadOnlyList<NodePort>> ports,
    SentAhead said, TermReferee terms)
    : INodeService
{
    private readonly List<Pending> pending = [];
    private NodePort? port;

    /// <inheritdoc/>
    public Task<StatusAnswer> ReportStatus(StatusReport report, CancellationToken cancellation)
    {
        if (report.Registration is { } registration)
            said.Registered(host, (int)registration.Slots, (int)registration.StartsAhead);
        return Call(async service =>
        {
            terms.Arrived(report);
            var answer = await service.ReportStatus(report, CancellationToken.None);
            terms.Answered(report, answer);
            return answer;
        });
    }

    /// <inheritdoc/>
    public Task<ProgressAnswer> Report(Progress progress, CancellationToken cancellation)
    {
        // It counts as soon as it is sent, and four times: it may be doubled on its way to the silo and again on the way to
        // the node's grain, and be heard without an answer.
        for (var heard = 0; heard < 4; heard++)
            said.Reported(host, progress.Results);
        return Call(service => service.Report(progress, CancellationToken.None));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<OutputAnswer> WriteOutput(
        IAsyncEnumerable<OutputChunks> messages, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var chunks in messages.WithCancellation(cancellation))
            yield return await Call(service => Only(service.WriteOutput(One(chunks), CancellationToken.None)));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Commands> AssignTask(
        AssignRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var to = Choose();
        var inbox = Channel.CreateUnbounded<Commands>();
        var remote = new CancellationTokenSource();
        var waiting = new Pending(
            to, failure => inbox.Writer.TryComplete(failure), () => to.Process.Post(remote.Cancel));
        pending.Add(waiting);
        Connect(to, () => to.Process.Run(() => Serve(to, request, inbox.Writer, remote.Token)));
        try
        {
            while (await inbox.Reader.WaitToReadAsync(cancellation))
                while (inbox.Reader.TryRead(out var commands))
                    yield return commands;
        }
        finally
        {
            pending.Remove(waiting);
            // Word of the end travels too.
            Connect(to, () => to.Process.Post(remote.Cancel));
        }
    }

    /// <inheritdoc/>
    public Task<MissingAnswer> MissingFiles(MissingRequest request, CancellationToken cancellation) =>
        Call(service => service.MissingFiles(request, CancellationToken.None));

    /// <inheritdoc/>
    public async Task<StoreAnswer> StoreFile(IAsyncEnumerable<StoreBlock> blocks, CancellationToken cancellation)
    {
        var all = await blocks.ToListAsync(cancellation);
        // A connection keeps what it has sent, or breaks.
        return await Call(service => service.StoreFile(all.ToAsyncEnumerable(), CancellationToken.None), isReliable: true);
    }

    /// <inheritdoc/>
    public Task<ArtifactAnswer> NameArtifacts(ArtifactPage page, CancellationToken cancellation) =>
        Call(service => service.NameArtifacts(page, CancellationToken.None));

    /// <inheritdoc/>
    public Task<FolderAnswer> ListedFolder(FolderListing listing, CancellationToken cancellation) =>
        Call(service => service.ListedFolder(listing, CancellationToken.None));

    /// <summary>The connection breaks: calls under way fail, the next ones go to a silo of chance.</summary>
    public void Break()
    {
        port = null;
        foreach (var one in pending.ToArray())
        {
            one.Fail(new IOException("The connection was reset."));
            one.Close?.Invoke();
        }
    }

    /// <summary>A silo's process has died: what was connected to it learns so.</summary>
    public void SiloDied(SimSilo silo)
    {
        if (port?.Silo == silo)
            port = null;
        foreach (var one in pending.Where(one => one.Port.Silo == silo).ToArray())
            cluster.After(chance.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(50)), () => agent.Post(
                () => one.Fail(new IOException("The connection was reset."))));
    }

    // The network here keeps no order: each message travels alone, and the next one after its answer.
    private static async IAsyncEnumerable<OutputChunks> One(OutputChunks chunks)
    {
        await Task.CompletedTask;
        yield return chunks;
    }

    private static async Task<OutputAnswer> Only(IAsyncEnumerable<OutputAnswer> answers)
    {
        await using var one = answers.GetAsyncEnumerator();
        return await one.MoveNextAsync() ? one.Current : throw new IOException("The stream ended without an answer.");
    }

    private NodePort Choose()
    {
        if (port is { Silo.IsAlive: true })
            return port;
        var there = ports();
        return port = there.Count == 0 ? throw new IOException("Connection refused.") : there[chance.Next(there.Count)];
    }

    private async Task<T> Call<T>(Func<INodeService, Task<T>> call, bool isReliable = false)
    {
        var to = Choose();
        var answer = new TaskCompletionSource<T>();
        var waiting = new Pending(to, failure => answer.TrySetException(failure), null);
        pending.Add(waiting);
        if (isReliable)
            Connect(to, () => to.Process.Run(() => Answer(to, call, answer, End)));
        else
            Send(to, () => to.Process.Run(() => Answer(to, call, answer, SendBack)));
        try
        {
            return await answer.Task;
        }
        catch (IOException)
        {
            port = null;
            throw;
        }
        finally
        {
            pending.Remove(waiting);
        }
    }

    private async Task Answer<T>(
        NodePort from, Func<INodeService, Task<T>> call, TaskCompletionSource<T> answer, Action<NodePort, Action> sendBack)
    {
        try
        {
            var result = await call(from.Service);
            sendBack(from, () => answer.TrySetResult(result));
        }
        catch (Exception failure)
        {
            from.Strictness.Judge($"{host} calling {from.Silo.Name}", failure);
            sendBack(from, () => answer.TrySetException(new IOException(failure.Message)));
        }
    }

    private async Task Serve(NodePort from, AssignRequest request, ChannelWriter<Commands> inbox, CancellationToken ended)
    {
        try
        {
            await foreach (var commands in from.Service.AssignTask(request, ended))
                SendBack(from, () => inbox.TryWrite(commands));
            End(from, () => inbox.TryComplete());
        }
        catch (OperationCanceledException)
        {
            // The worker has gone.
        }
        catch (Exception failure)
        {
            from.Strictness.Judge($"The commands of {host} at {from.Silo.Name}", failure);
            End(from, () => inbox.TryComplete(new IOException(failure.Message)));
        }
    }

    private void Send(NodePort to, Action arrival) => cluster.Network.Send(host, to.Silo.Name, mayDouble: true, arrival);

    // A stream's beginning and end are not lost as long as both sides live; what it carries is only a hint.
    private void Connect(NodePort to, Action arrival) => cluster.Network.SendReliably(host, to.Silo.Name, arrival);

    private void End(NodePort from, Action arrival) =>
        cluster.Network.SendReliably(from.Silo.Name, host, () => agent.Post(arrival));

    private void SendBack(NodePort from, Action arrival) =>
        cluster.Network.Send(from.Silo.Name, host, mayDouble: true, () => agent.Post(arrival));

    private sealed record Pending(NodePort Port, Action<Exception> Fail, Action? Close);
}

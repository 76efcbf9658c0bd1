using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;

namespace OrleansTasks.Cli.Tasks;

/// <summary>
/// Waits until a task has ended and copies its output, across gateway restarts and lost connections. All methods throw
/// <see cref="OutOfReachException"/>, whose message has the task's id, if the gateway stays unreachable.
/// </summary>
internal sealed class TaskWait(Gateway gateway, string id)
{
    private const int BlockSize = 64 * 1024;
    private readonly Patience patience = new(TimeProvider.System);
    private readonly string path = $"/api/v1/tasks/{PathSegment.OfId(id)}";

    /// <summary>Returns the task when it has ended.</summary>
    public async Task<JsonNode> End(JsonNode task, CancellationToken cancellation)
    {
        while (!TaskExit.IsFinal(task))
            task = await Named(() => gateway.Get($"{path}?wait=60s", cancellation), cancellation);
        return task;
    }

    /// <summary>
    /// Copies a stream of a task that has ended. After a lost connection, continues after the bytes already copied.
    /// </summary>
    public Task Copy(string stream, Stream destination, CancellationToken cancellation)
    {
        var copied = 0L;
        var buffer = new byte[BlockSize];
        return Named(
            async () =>
            {
                await using var source = await gateway.Bytes($"{path}/output/{stream}", copied, cancellation);
                while (await source.ReadAsync(buffer, cancellation) is var count and > 0)
                {
                    await destination.WriteAsync(buffer.AsMemory(0, count), cancellation);
                    copied += count;
                    patience.Restore();
                }

                return copied;
            },
            cancellation);
    }

    private async Task<T> Named<T>(Func<Task<T>> call, CancellationToken cancellation)
    {
        try
        {
            return await patience.Repeat(call, cancellation);
        }
        catch (Exception failure) when (Patience.IsPassing(failure))
        {
            throw new OutOfReachException(
                $"the gateway is no longer reachable: {failure.Message} The task {id} was accepted and continues. "
                + $"When the gateway is back, run: otask get --wait 60s {id}, or otask logs -f {id}", failure);
        }
    }
}

using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Files;

namespace OrleansTasks.Cli.Map;

/// <summary>The tasks of a map in the service: submits them in chunks, each a batch, and finds their ends.</summary>
/// <param name="gateway">The gateway.</param>
/// <param name="id">The id of the map, which its tasks have as the label <c>map</c>.</param>
/// <param name="spec">The fields that all tasks have.</param>
/// <param name="sending">Stores the files that tasks get.</param>
internal sealed class MapBatches(Gateway gateway, string id, JsonObject spec, InputSending sending)
{
    // A signal cancels the tasks while the loop submits others.
    private readonly Lock gate = new();
    private readonly List<MapChunk> chunks = [];
    private bool isCancelled;
    private readonly Patience patience = new(TimeProvider.System);
    private int submitted;

    /// <summary>The tasks that have not ended, as far as is known.</summary>
    public int Open => chunks.Sum(static chunk => chunk.Open.Count);

    /// <summary>The chunks that have such tasks.</summary>
    public int OpenChunks => chunks.Count;

    /// <summary>Submits tasks. Returns false if their queue is full.</summary>
    public async Task<bool> Submit(IReadOnlyList<MapLine> lines, CancellationToken cancellation)
    {
        var tasks = new JsonArray();
        var files = await patience.Repeat(
            () => sending.Store([.. lines.Select(static line => line.Inputs)], cancellation), cancellation);
        foreach (var (line, inputs) in lines.Zip(files))
        {
            var task = (JsonObject)spec.DeepClone();
            task["cmd"] = line.Command;
            if (inputs.Count > 0)
                task["files"] = inputs;
            InputFiles.AddArtifacts(task, line.Artifacts);
            tasks.Add(task);
        }

        var body = new JsonObject { ["tasks"] = tasks };
        // The idempotency key makes it safe to repeat the request after a lost connection.
        var key = $"otask-map-{id}-{submitted + 1}";
        JsonNode answer;
        try
        {
            answer = await patience.Repeat(() => gateway.Post("/api/v1/tasks/batch", body, key, cancellation), cancellation);
        }
        catch (RefusedException refusal) when (refusal.Status == 429)
        {
            return false;
        }

        submitted++;
        var batch = answer.Required("batch").ToString();
        var ids = answer.Ids("ids", lines.Count);
        var chunk = new MapChunk(batch, ids.Zip(lines));
        bool isLate;
        lock (gate)
        {
            chunks.Add(chunk);
            isLate = isCancelled;
        }

        if (isLate)
            await CancelChunk(chunk, isOnlyQueued: false);
        return true;
    }

    /// <summary>Returns the tasks that have ended since the last call.</summary>
    /// <param name="isQuick">See <see cref="MapChunk.Look"/>.</param>
    /// <param name="cancellation">Ends the look.</param>
    public async Task<List<MapEnd>> Look(bool isQuick, CancellationToken cancellation)
    {
        var ends = new List<MapEnd>();
        foreach (var chunk in chunks)
            ends.AddRange(await patience.Repeat(() => chunk.Look(gateway, isQuick, cancellation), cancellation));
        lock (gate)
            chunks.RemoveAll(static chunk => chunk.Open.Count == 0);
        return ends;
    }

    /// <summary>
    /// Cancels the open tasks. Returns why that failed; null if it did not. Unless only queued tasks are cancelled, a
    /// submission in progress cancels its own tasks once the service has accepted them.
    /// </summary>
    /// <param name="isOnlyQueued">Whether to leave alone the tasks that have started.</param>
    public async Task<string?> Cancel(bool isOnlyQueued)
    {
        List<MapChunk> known;
        lock (gate)
        {
            known = [.. chunks];
            // Only the loop that submits cancels queued tasks alone, so no submission is in progress then.
            isCancelled |= !isOnlyQueued;
        }

        foreach (var chunk in known)
        {
            try
            {
                await CancelChunk(chunk, isOnlyQueued);
            }
            catch (Exception failure) when (failure is RefusedException || Patience.IsPassing(failure))
            {
                return $"the tasks could not be cancelled: {failure.Message} Try: otask cancel --label map={id}";
            }
        }

        return null;
    }

    private async Task CancelChunk(MapChunk chunk, bool isOnlyQueued)
    {
        var filter = isOnlyQueued ? "&state=queued" : "";
        try
        {
            await gateway.Post($"/api/v1/tasks/cancel?batch={chunk.Batch}{filter}", null, null, CancellationToken.None);
        }
        catch (RefusedException refusal) when (refusal.Status == 403 && !isOnlyQueued)
        {
            // A bulk call needs the scope operate; a single task can be cancelled by anyone who may submit.
            foreach (var task in chunk.Open.Keys)
                await CancelOne(task);
        }
    }

    private async Task CancelOne(string task)
    {
        try
        {
            await gateway.Post($"/api/v1/tasks/{task}/cancel", null, null, CancellationToken.None);
        }
        catch (RefusedException refusal) when (refusal.Status is 404 or 409)
        {
            // It has ended.
        }
    }
}

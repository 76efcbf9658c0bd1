using System.Buffers;
using Orleans.Concurrency;
using OrleansTasks.Jobs;
using OrleansTasks.Processing.Files;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Files;

/// <summary>Reads files for gateways. Holds no state.</summary>
[GrainType("file-reader"), StatelessWorker(16), Reentrant]
public sealed class FileReaderGrain(FileDepot depot, IFileIndex index, IFileStore store, ITaskStore tasks) : Grain, IFileReaderGrain
{
    private const int MostOfJob = 10;

    /// <inheritdoc/>
    public Task<ImmutableArray<FileName>> Missing(ImmutableArray<FileName> names) => depot.Missing(names);

    /// <inheritdoc/>
    public Task<StoredFile?> Find(FileName name) => depot.Find(name);

    /// <inheritdoc/>
    /// <remarks>
    /// The caller has found the file before, so the index is not asked again. A caller in this process gets the rented array itself, and
    /// may give it to the shared pool.
    /// </remarks>
    public async Task<FileBlock?> Read(FileName name, long offset, int count)
    {
        await using var stream = await store.Open(name, offset);
        if (stream is null)
            return null;
        var block = ArrayPool<byte>.Shared.Rent(Math.Clamp(count, 1, ServiceLimits.FileBlockBytes));
        try
        {
            var length = await stream.ReadAtLeastAsync(block.AsMemory(0, Math.Min(block.Length, count)), count, throwOnEndOfStream: false);
            return new FileBlock(offset, block.AsMemory(0, length));
        }
        catch (IOException fault)
        {
            throw new StoreUnavailableException("A file cannot be read.", fault);
        }
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<FileView>> List(
        FileSort sort, FilePosition? after, int limit, CancellationToken cancellation = default) => index.List(sort, after, limit, cancellation);

    /// <inheritdoc/>
    public async Task<TaskArtifacts?> Artifacts(TaskId task, string? after, int limit)
    {
        if (await tasks.Get(task) is not { } record)
            return null;
        if (record is { Artifacts: { IsExpired: true } expired } && record.State.IsFinal())
            return new TaskArtifacts(expired, []);
        return await TokenOf(record) is { } token
            ? new TaskArtifacts(record.Artifacts, await index.Artifacts(task, token, after, limit))
            : new TaskArtifacts(null, []);
    }

    /// <inheritdoc/>
    public async Task<ArtifactRow?> FindArtifact(TaskId task, string path) =>
        await tasks.Get(task) is { } record && await TokenOf(record) is { } token ? await index.FindArtifact(task, token, path) : null;

    /// <inheritdoc/>
    public async Task<WorkflowArtifacts?> WorkflowArtifacts(TaskId workflow, WorkflowArtifactPlace? after, int limit)
    {
        if (await tasks.Workflows.Get(workflow) is not { } found)
            return null;
        var nodes = WorkflowOutline.Read(found.Outline).Nodes;
        var all = await new ArtifactSearch(tasks, index).OfWorkflow(workflow, node: null);
        var kept = all.RemoveAll(static one => one.Totals.IsExpired);
        var files = ImmutableArray.CreateBuilder<WorkflowArtifact>();
        foreach (var one in kept)
        {
            var place = new WorkflowArtifactPlace(one.Node, one.Item ?? -1, "");
            if (one.Totals.Count == 0 || (after is { } last && (place.Node, place.Item).CompareTo((last.Node, last.Item)) < 0))
                continue;
            var from = after is { } same && (place.Node, place.Item) == (same.Node, same.Item) ? same.Path : null;
            foreach (var row in await index.Artifacts(one.Task, one.Token, from, limit - files.Count))
                files.Add(new WorkflowArtifact(place with { Path = row.Path }, nodes[one.Node].Name, one.Task, row));
            if (files.Count == limit)
                break;
        }

        return new WorkflowArtifacts(
            all.IsEmpty ? null : kept.Sum(static one => (long)one.Totals.Count),
            kept.Sum(static one => one.Totals.Bytes),
            files.DrainToImmutable())
        { ExpiredTasks = all.Length - kept.Length };
    }

    /// <inheritdoc/>
    public async Task<TaskArtifacts?> JobArtifacts(TaskId job)
    {
        if (await tasks.Jobs.Get(job) is not { } row)
            return null;
        // They are recorded before the job ends. Only the end as succeeded makes them the job's.
        var rows = row.State == JobState.Succeeded ? await index.Artifacts(job, ResultsFile.Token, null, MostOfJob) : [];
        var totals = new ArtifactTotals(rows.Length, rows.Sum(static one => one.File.Bytes));
        return new TaskArtifacts(rows.IsEmpty ? null : totals, rows);
    }

    // An attempt under way may have recorded artifacts already; only the end makes them the task's.
    private async ValueTask<LeaseToken?> TokenOf(TaskRecord task) =>
        task.Artifacts is { IsExpired: false } && task.State.IsFinal()
            && await tasks.FindOutput(task.Id, task.Attempt) is { } attempt ? attempt.Token : null;

    /// <inheritdoc/>
    public Task<FileSpace> Space() => depot.Space();
}

using OrleansTasks.Files;
using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Memory;

/// <summary>Reads the jobs of a memory store.</summary>
internal sealed class MemoryJobStore(MemoryTaskStore store) : IJobStore
{
    /// <inheritdoc/>
    public Task<JobRow?> Get(TaskId id, bool whole) =>
        store.ReadJobs(jobs => jobs.Find(id) is { } job ? whole ? job : Light(job) : null);

    /// <inheritdoc/>
    public int LargestPart => 1 << 20;

    /// <inheritdoc/>
    public Task PutPart(TaskId job, long version, int part, ReadOnlyMemory<byte> bytes) => store.WriteJobs(jobs =>
    {
        jobs.PutPart(job, version, part, bytes);
        return true;
    });

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> Part(TaskId job, long version, int part) => store.ReadJobs(jobs => jobs.Part(job, version, part));

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> Progress(TaskId id) => store.ReadJobs(jobs => jobs.Find(id)?.Progress);

    /// <inheritdoc/>
    public Task<ImmutableArray<JobRow>> List(
        JobFilter filter, TaskId? before, int limit, CancellationToken cancellation = default) => store.ReadJobs<ImmutableArray<JobRow>>(
        jobs => [.. jobs.All.Reverse().Where(job => (before is null || job.Id < before.Value) && job.Matches(filter)).Take(limit).Select(Light)]);

    /// <inheritdoc/>
    public Task<ImmutableArray<JobRow>> ListOpen(int queueNo, TaskId after, int bytes) => store.ReadJobs(jobs => UntilFull(
        jobs.All.Where(job => job.Id > after && !job.State.IsFinal() && jobs.IsIn(job, queueNo))
            .Select(static job => job with { Progress = default }),
        int.MaxValue, bytes, static job => job.Spec.Length));

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskId>> OpenIds() => store.ReadJobs<ImmutableArray<TaskId>>(
        jobs => [.. jobs.All.Where(static job => !job.State.IsFinal()).Select(static job => job.Id)]);

    /// <inheritdoc/>
    public Task<ImmutableArray<ChunkRow>> OpenChunks(TaskId job, long after, int limit, int bytes) => store.ReadJobs(jobs => UntilFull(
        jobs.ChunksOf(job).Where(row => row.Plan.No > after && row.Ended is null), limit, bytes, static row => row.SegmentBytes));

    /// <inheritdoc/>
    public Task<ImmutableArray<ChunkRow>> OpenPlans(TaskId job, long after, int limit) => store.ReadJobs<ImmutableArray<ChunkRow>>(jobs =>
        [.. jobs.ChunksOf(job).Where(row => row.Plan.No > after && row.Ended is null).Take(limit).Select(WithoutSegment)]);

    /// <inheritdoc/>
    public Task<ImmutableArray<ChunkRow>> EndedChunks(TaskId job, long after, int limit, int bytes) => store.ReadJobs(jobs => UntilFull(
        jobs.ChunksOf(job).Where(row => row.Plan.No > after && row.Ended is not null),
        limit, bytes, static row => row.Ended!.Report.Length));

    /// <inheritdoc/>
    public Task<ImmutableArray<CollectedChunk>> Collected(TaskId job, long after, int bytes) => store.ReadJobs(jobs => UntilFull(
        jobs.CollectedOf(job).Where(chunk => chunk.No > after), int.MaxValue, bytes, static chunk => chunk.Lines.Length));

    /// <inheritdoc/>
    public Task<long> CollectedBytes(TaskId job) =>
        store.ReadJobs(jobs => jobs.CollectedOf(job).Sum(static chunk => (long)chunk.Lines.Length));

    /// <inheritdoc/>
    public Task<ChunkEnd?> LastChunk(TaskId job) => store.ReadJobs<ChunkEnd?>(jobs =>
        jobs.ChunksOf(job).LastOrDefault() is { } row ? new ChunkEnd(row.Plan.No, row.Plan.First + row.Plan.Items) : null);

    /// <inheritdoc/>
    public Task<int> Prune(long endedBefore, int limit) => store.Write(data =>
    {
        var old = data.Jobs.All
            .Where(job => job.State.IsFinal() && job.EndedAt < endedBefore && !data.Workflows.Owns(job.Id)).Take(limit)
            .ToList();
        old.ForEach(data.Jobs.Remove);
        foreach (var job in old)
            _ = data.Files.RemoveUses(new FileUse(FileUseKind.Job, job.Id.ToString()));
        return old.Count;
    });

    private static JobRow Light(JobRow job) => job with { Spec = default, Progress = default };

    private static ChunkRow WithoutSegment(ChunkRow row)
    {
        var segment = row.Plan.Segment;
        return row with { Plan = row.Plan with { Segment = segment[..Math.Min(segment.Length, ChunkRow.SegmentStart)] } };
    }

    private static ImmutableArray<T> UntilFull<T>(IEnumerable<T> rows, int limit, long bytes, Func<T, int> sizeOf)
    {
        var page = ImmutableArray.CreateBuilder<T>();
        foreach (var row in rows)
        {
            if (bytes <= 0 || page.Count == limit)
                break;
            page.Add(row);
            bytes -= sizeOf(row) + 1;
        }

        return page.DrainToImmutable();
    }
}

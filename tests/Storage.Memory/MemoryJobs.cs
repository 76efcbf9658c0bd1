using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Memory;

/// <summary>The jobs that a memory store holds, with their chunks. Not safe for several threads at once.</summary>
internal sealed class MemoryJobs
{
    private readonly SortedDictionary<TaskId, JobRow> jobs = [];
    private readonly Dictionary<(int QueueNo, long No), TaskId> ids = [];
    private readonly Dictionary<TaskId, SortedDictionary<long, ChunkRow>> chunks = [];
    private readonly Dictionary<TaskId, SortedDictionary<long, CollectedChunk>> collected = [];

    private readonly Dictionary<TaskId, Dictionary<(long Version, int Part), ReadOnlyMemory<byte>>> parts = [];

    /// <summary>Every job, oldest first.</summary>
    internal IEnumerable<JobRow> All => jobs.Values;

    internal JobRow? Find(TaskId id) => jobs.GetValueOrDefault(id);

    internal IEnumerable<ChunkRow> ChunksOf(TaskId id) => chunks.TryGetValue(id, out var rows) ? rows.Values : [];

    /// <summary>Applies what a commit says of jobs.</summary>
    internal void Apply(MemoryQueue queue, QueueCommit commit)
    {
        foreach (var job in commit.Jobs.Where(static job => job.Write.New is not null))
            Add(queue, job);
        foreach (var chunk in commit.Chunks)
            Apply(queue, chunk);
        foreach (var job in commit.Jobs)
            Apply(job);
    }

    internal IEnumerable<CollectedChunk> CollectedOf(TaskId id) => collected.TryGetValue(id, out var rows) ? rows.Values : [];

    internal bool IsIn(JobRow job, int queueNo) => ids.ContainsKey((queueNo, job.No)) && ids[(queueNo, job.No)] == job.Id;

    internal void PutPart(TaskId id, long version, int part, ReadOnlyMemory<byte> bytes)
    {
        if (Find(id) is not { } job || job.State.IsFinal())
            return;
        if (!parts.TryGetValue(id, out var known))
            parts[id] = known = [];
        known[(version, part)] = bytes.ToArray();
    }

    internal ReadOnlyMemory<byte>? Part(TaskId id, long version, int part) =>
        parts.TryGetValue(id, out var known) && known.TryGetValue((version, part), out var bytes)
            ? bytes
            : (ReadOnlyMemory<byte>?)null;

    internal void Remove(JobRow job)
    {
        parts.Remove(job.Id);
        jobs.Remove(job.Id);
        collected.Remove(job.Id);
    }

    private void Add(MemoryQueue queue, JobCommit job)
    {
        var submission = job.Write.New!;
        ids[(queue.No, job.No)] = job.Id;
        chunks[job.Id] = [];
        jobs.Add(job.Id, new JobRow(
            job.No, job.Id, queue.Name, submission.Name, submission.Labels, job.Write.State, 0, 0, 0, false, null, submission.Spec,
            default) { Head = submission.Head });
    }

    private void Apply(MemoryQueue queue, ChunkWrite write)
    {
        if (!ids.TryGetValue((queue.No, write.JobNo), out var id) || !chunks.TryGetValue(id, out var rows))
            return;
        if (write.New is { } plan)
            rows.TryAdd(plan.No, new ChunkRow(plan, null, plan.Segment.Length));
        if (write.Ended is not { } ended || !rows.TryGetValue(ended.No, out var row))
            return;
        rows[ended.No] = new ChunkRow(row.Plan with { Segment = default }, ended, 0);
        if (write.Collected is not { } lines)
            return;
        if (!collected.TryGetValue(id, out var kept))
            collected[id] = kept = [];
        kept.TryAdd(ended.No, new CollectedChunk(ended.No, lines));
    }

    private void Apply(JobCommit job)
    {
        var write = job.Write;
        if (!jobs.TryGetValue(job.Id, out var row))
            return;
        jobs[job.Id] = row with
        {
            State = write.State,
            StartedAt = write.StartedAt,
            EndedAt = write.EndedAt,
            CancelRequestedAt = write.CancelRequestedAt,
            IsClosed = write.IsClosed,
            Reason = write.Reason,
            Progress = write.Progress?.Bytes ?? row.Progress,
        };
        if (write.Progress is not null && parts.TryGetValue(job.Id, out var known))
        {
            foreach (var part in known.Keys.Where(part => part.Version != write.Parts?.Version).ToArray())
                known.Remove(part);
        }

        var rows = chunks[job.Id];
        foreach (var range in write.Folded)
        {
            foreach (var no in rows.Keys.Where(no => no >= range.First && no <= range.Last).ToArray())
                rows.Remove(no);
        }

        if (write.State.IsFinal())
            rows.Clear();
    }
}

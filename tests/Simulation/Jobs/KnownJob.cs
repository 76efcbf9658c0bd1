using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Storage;

namespace OrleansTasks.Simulation.Jobs;

/// <summary>A job as the checks know it: what was drawn, and what the commits say.</summary>
internal sealed class KnownJob(JobDraft draft)
{
    private readonly Dictionary<string, int> placeOfLine = Index(draft.Lines);
    private readonly HashSet<string> read = new(StringComparer.Ordinal);

    public JobDraft Draft => draft;

    public JobSpec Spec { get; private set; } = null!;

    /// <summary>Its row; null before it is stored.</summary>
    public JobRow? Row { get; private set; }

    public SortedDictionary<long, KnownChunk> Chunks { get; } = [];

    /// <summary>How many items have been cut.</summary>
    public long Cut { get; private set; }

    /// <summary>The plain computation over every chunk that is stored as done.</summary>
    public PlainFold Done { get; } = new(draft);

    /// <summary>The plain computation over the chunks that the stored progress covers.</summary>
    public PlainFold Folded { get; } = new(draft);

    /// <summary>How it ended, as it is stored.</summary>
    public JobView? Outcome { get; set; }

    /// <summary>How many items count as failed: of a chunk that failed of one of them that one, else all.</summary>
    public long ItemsFailed { get; set; }

    /// <summary>Whether retention has removed it.</summary>
    public bool IsPruned { get; set; }

    public bool CancelAsked { get; set; }

    public bool CloseAsked { get; set; }

    public bool HasFailedChunk => Chunks.Values.Any(static chunk => chunk is { Ended: not null, IsDone: false });

    /// <summary>Whether what is stored of its chunks makes it fail.</summary>
    public bool MustFail => HasFailedChunk || Done.Skipped > draft.MaxErrors;

    /// <summary>Whether a line has become an item.</summary>
    public bool HasRead(string line) => read.Contains(line);

    /// <summary>It is new.</summary>
    public void Begin(JobCommit commit)
    {
        Violation.Unless(Row is null, $"{draft.Id} is stored twice.");
        var submission = commit.Write.New!;
        Spec = JobSpecReader.ReadStored(submission.Spec.Span);
        Row = new JobRow(
            commit.No, commit.Id, Spec.Queue, submission.Name, submission.Labels, JobState.Running, 0, 0, 0, false,
            null, submission.Spec, default);
    }

    /// <summary>Takes in what is written of its row.</summary>
    public void Change(JobWrite write)
    {
        var row = Row!;
        Violation.Unless(!row.State.IsFinal(), $"{draft.Id} changes after its end.");
        Violation.Unless(write.IsClosed || !row.IsClosed, $"{draft.Id} is open again.");
        Violation.Unless(write.CancelRequestedAt != 0 || row.CancelRequestedAt == 0, $"{draft.Id} forgot that it is cancelled.");
        Violation.Unless(write.Reason is not null || row.Reason is null, $"{draft.Id} forgot that it failed.");
        Violation.Unless(row.StartedAt == 0 || write.StartedAt == row.StartedAt, $"{draft.Id} starts again.");
        Violation.Unless(write.CancelRequestedAt == 0 || CancelAsked, $"{draft.Id} is cancelled, and nobody asked.");
        Violation.Unless(!write.IsClosed || CloseAsked, $"{draft.Id} is closed, and nobody asked.");
        Row = row with
        {
            State = write.State,
            StartedAt = write.StartedAt,
            EndedAt = write.EndedAt,
            CancelRequestedAt = write.CancelRequestedAt,
            IsClosed = write.IsClosed,
            Reason = write.Reason,
            Progress = write.Progress?.Bytes ?? row.Progress,
        };
    }

    /// <summary>A new chunk: it continues the source where the one before it ended.</summary>
    public void Add(ChunkPlan plan)
    {
        Violation.Unless(!Row!.State.IsFinal(), $"{draft.Id} gets chunk {plan.No} after its end.");
        Violation.Unless(plan.No == Chunks.Count + 1, $"{draft.Id} gets chunk {plan.No} after {Chunks.Count} others.");
        Violation.Unless(
            plan.First == draft.From + Cut && plan.Items > 0,
            $"Chunk {plan.No} of {draft.Id} begins at {plan.First}, and {draft.From + Cut} is next.");
        Chunks.Add(plan.No, new KnownChunk(Cut, draft.Source == JobSourceKind.Range ? RangeOf(plan) : LinesOf(plan)));
        Cut += plan.Items;
        Violation.Unless(Cut <= draft.Count, $"{draft.Id} has {Cut} items of {draft.Count}.");
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{draft.Id} {draft.ToJson()[..Math.Min(600, draft.ToJson().Length)]}: {Row?.State}, closed {Row?.IsClosed}, cancelled {Row?.CancelRequestedAt}, {Row?.Reason}; {Cut} of {draft.Count} items, chunks not ended {string.Join(',', Chunks.Where(static chunk => chunk.Value.Ended is null).Take(10).Select(static chunk => chunk.Key))} of {Chunks.Count}";

    private ImmutableArray<PlainValue> RangeOf(ChunkPlan plan)
    {
        var first = Cut;
        return [.. Enumerable.Range(0, (int)plan.Items).Select(i => draft.ItemAt(first + i))];
    }

    private ImmutableArray<PlainValue> LinesOf(ChunkPlan plan)
    {
        var text = System.Text.Encoding.UTF8.GetString(plan.Segment.Span);
        Violation.Unless(text.EndsWith('\n'), $"Chunk {plan.No} of {draft.Id} ends within a line.");
        var lines = text[..^1].Split('\n');
        Violation.Unless(lines.Length == plan.Items, $"Chunk {plan.No} of {draft.Id} has {lines.Length} lines, and says {plan.Items}.");
        for (var i = 0; i < lines.Length; i++)
        {
            Violation.Unless(
                placeOfLine.TryGetValue(lines[i], out var place) && read.Add(lines[i]),
                $"Chunk {plan.No} of {draft.Id} has {lines[i]}, which nobody sent or which came before.");
            Violation.Unless(
                draft.Source == JobSourceKind.Stream || place == Cut + i,
                $"Chunk {plan.No} of {draft.Id} has {lines[i]} at {Cut + i}.");
        }

        return [.. lines.Select(PlainValue.Parse)];
    }

    private static Dictionary<string, int> Index(ImmutableArray<string> lines) =>
        lines.Select(static (line, place) => (line, place)).ToDictionary(
            static entry => entry.line, static entry => entry.place, StringComparer.Ordinal);
}

using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Jobs;

/// <summary>
/// Cuts a job's source into chunks: keeps the position, sizes each chunk (<see cref="ChunkSizer"/>) and holds chunks
/// back to the job's pace (<see cref="Pacer"/>). The caller, <see cref="JobCore"/>, numbers the chunks and limits how
/// many are open.
/// </summary>
/// <remarks>
/// Items, positions and sizes are in bytes for a file, otherwise in items. Times are Unix milliseconds from
/// <see cref="JobClock"/>. Slot counts cover matching nodes; 0 means that the number is unknown.
/// <para>
/// <see cref="Cut(long, int, long)"/> cuts a known source: a range, a file or the spec's items.
/// <see cref="Cut(long, long, int, ref ReadOnlyMemory{byte})"/> cuts lines that arrive from a stream or a command.
/// </para>
/// <para>
/// The cutter stores nothing. A new activation sets <see cref="Files"/>, restores the position with
/// <see cref="SeekPlace"/> and <see cref="Seek"/>, then calls <see cref="Begin"/>. Sizes are learned again.
/// </para>
/// </remarks>
internal sealed class ChunkCutter
{
    // "First" sizes apply until a chunk has ended, "Largest" sizes afterwards. Segments are in bytes.
    private const int LargestSegment = 1 << 20;
    private const long LargestRange = 1L << 28;
    private const long LargestCount = 1_000_000;
    private const long FirstRange = 1L << 20;
    private const long FirstCount = 1024;
    private const long FirstCommand = 16;

    // A source that is small for the slots is cut into at least this much before a chunk has ended. A built-in
    // processor takes a few milliseconds at most for FirstRange integers, which is hardly more than what a chunk costs,
    // so those are not shared out.
    private const long MostLeastFirst = 1024;

    // Collected results travel in their chunk's report, so those chunks stay small.
    private const long FirstCollected = 1024;
    private const long LargestCollected = 32_768;
    private const int CollectedSegment = 256 << 10;

    // FirstQuickPart applies to built-in processors, FirstFilePart to commands and plug-ins.
    private const long FirstFilePart = 256 << 10;
    private const long FirstQuickPart = 1 << 20;
    private const long LargestFilePart = 8 << 20;

    /// <summary>Assumed bytes per line of a file; converts a spec's chunk size and pace from items to bytes.</summary>
    private const int LineGuess = 64;

    /// <summary>Slots assumed while their number is unknown.</summary>
    private const int UnknownSlots = 4;

    private readonly JobSource source;
    private readonly SourceCursor cursor;
    private readonly ChunkSizer sizer;
    private readonly Pacer? pacer;

    private readonly RateMeter reading = new();
    private readonly long? fixedSize;

    /// <summary><see cref="NeededAllowance"/> for chunks of adaptive size after the first cut.</summary>
    private readonly long adaptiveAllowance = 1;

    public ChunkCutter(JobSpec spec)
    {
        source = spec.Source;
        cursor = new SourceCursor(source);
        var unit = IsFile ? LineGuess : 1;
        fixedSize = spec.ChunkSize * (long)unit;
        SegmentLimit = spec.Plan.Collects ? CollectedSegment : LargestSegment;
        var (first, most) = FirstAndLargest(spec);
        sizer = new ChunkSizer(
            first, most, fixedSize is { } size ? int.CreateSaturating(size) : null, StartsPrograms(spec),
            leastFirst: first == FirstRange ? FirstRange : MostLeastFirst);
        if (spec.Pace is not { } pace)
            return;
        // A slow pace must still let a whole chunk accumulate.
        pacer = new Pacer(pace * unit, fixedSize ?? unit);
        // The pace allows single bytes of a file almost at once, and a chunk of a few bytes is not worth its overhead:
        // wait for a tenth of a second's worth, and at least one line.
        if (IsFile)
            adaptiveAllowance = Math.Max(unit, (long)Math.Min(pace * unit / 10, LargestFilePart));
    }

    public bool IsFile => source.Kind == JobSourceKind.File;

    /// <summary>The files to cut, set before the first cut; the setter also sets <see cref="Whole"/>.</summary>
    public FileSet? Files
    {
        get => cursor.Files;
        set => cursor.Files = value;
    }

    /// <summary>
    /// Limit on the bytes of lines in a chunk: 256 KiB for a job that collects results, otherwise 1 MiB. A larger item
    /// gets its own chunk. Ranges and files carry no lines, so the limit does not apply to them.
    /// </summary>
    public int SegmentLimit { get; }

    /// <summary>The place of the next item, counted from 0: everything before it has been cut.</summary>
    public long Place => cursor.Place;

    /// <summary>
    /// What is left to cut; <see cref="long.MaxValue"/> if unknown, as for a stream or a command, even a closed one.
    /// </summary>
    public long Left => cursor.Left;

    /// <summary>Size of the source; null if unknown, as for a stream or a command.</summary>
    public long? Whole => cursor.Whole;

    /// <summary>The next chunk's <see cref="ChunkPlan.First"/>: a range's integer, otherwise the place.</summary>
    public long NextFirst => source.Kind == JobSourceKind.Range ? source.From + Place : Place;

    /// <summary>Starts the pace before the first cut: the time without an activation then allows no items.</summary>
    public void Begin(long now) => pacer?.Begin(now, Place);

    /// <summary>Shifts the pace by a jump of the wall clock, which would otherwise cause a stall or a burst.</summary>
    public void ClockStepped(long by)
    {
        pacer?.ClockStepped(by);
        reading.ClockStepped(by);
    }

    /// <summary>Returns the recent cutting rate per second, for display.</summary>
    public double ReadRate(long now) => reading.Rate(now, Place);

    /// <summary>Restores the position from a stored chunk's end, in terms of <see cref="NextFirst"/>.</summary>
    public void Seek(long next) => cursor.Seek(next);

    /// <summary>Restores the position from stored progress, in terms of <see cref="Place"/>.</summary>
    public void SeekPlace(long place) => cursor.Seek(source.From + place);

    /// <summary>Adapts later sizes to an ended chunk's duration. Ignores 0 items: failures and reductions.</summary>
    public void Note(long items, long micros) => sizer.Note(items, micros);

    /// <summary>The share of a chunk's duration that starts its program, 0 to 1; 0 while it is unknown.</summary>
    public double StartShare => sizer.StartShare;

    /// <summary>Returns how many chunks may run or wait for a slot: at least 4, more while chunks are short.</summary>
    public int Window(int slots) => sizer.Window(SlotsOrGuess(slots));

    /// <summary>
    /// Cuts the next chunk of a known source. Returns null at the source's end (<see cref="Left"/> is 0), and while the
    /// pace holds the chunk back (until <see cref="NextDue"/>).
    /// </summary>
    public ChunkPlan? Cut(long no, int slots, long now)
    {
        reading.Note(now, Place);
        if (Left == 0)
            return null;
        var items = sizer.Next(Left, SlotsOrGuess(slots));
        if (pacer is not null)
        {
            var allowed = pacer.Allowed(now, Place);
            if (allowed < Math.Min(items, NeededAllowance))
                return null;
            items = Math.Min(items, allowed);
        }

        return cursor.Cut(no, items, SegmentLimit);
    }

    /// <summary>Returns how many of the arrived items the pace allows now; may be negative.</summary>
    public long Allowed(long items, long now)
    {
        reading.Note(now, Place);
        return pacer is null ? items : Math.Min(items, pacer.Allowed(now, Place));
    }

    /// <summary>
    /// Cuts a chunk of at most <paramref name="items"/> arrived lines, each ended by a line feed, and removes them from
    /// <paramref name="lines"/>. Ignores the pace: call <see cref="Allowed"/> first.
    /// </summary>
    public ChunkPlan Cut(long no, long items, int slots, ref ReadOnlyMemory<byte> lines) =>
        cursor.Cut(no, Math.Min(sizer.Next(long.MaxValue, SlotsOrGuess(slots)), items), SegmentLimit, ref lines);

    /// <summary>
    /// Returns the time at which the pace allows the next chunk, at least 10 ms from now so that small chunks share a
    /// commit. Null without a pace or at the source's end.
    /// </summary>
    public long? NextDue(long now) =>
        pacer is null || Left == 0 ? null : pacer.DueAt(Place + Math.Min(NeededAllowance, Left), now);

    /// <summary>
    /// How much the pace must allow before a chunk is cut, unless the chunk is smaller. A fixed size waits for the
    /// whole chunk; with adaptive sizes the very first chunk does not wait.
    /// </summary>
    private long NeededAllowance => fixedSize ?? (Place == 0 ? 1 : adaptiveAllowance);

    private static int SlotsOrGuess(int slots) => slots == 0 ? UnknownSlots : slots;

    private static bool StartsPrograms(JobSpec spec) => spec.Plan.Processor == ProcessorKind.ChunkCommand || spec.Plan.Reduces;

    private static (long First, long Largest) FirstAndLargest(JobSpec spec)
    {
        // The highest kinds are user code (commands and plug-ins), whose duration is unknown in advance.
        var isCommand = spec.Plan.Processor >= ProcessorKind.Command;
        if (spec.Source.Kind == JobSourceKind.File)
            return spec.Plan.Collects ? (FirstFilePart, CollectedSegment) : (isCommand ? FirstFilePart : FirstQuickPart, LargestFilePart);
        // A range's integers need no memory unless the processor or an aggregate turns them into lines.
        var isRange = spec.Source.Kind == JobSourceKind.Range && !spec.Plan.MakesLines;
        var (first, most) = spec.Plan.Collects ? (FirstCollected, LargestCollected)
            : isRange ? (FirstRange, LargestRange)
            : (FirstCount, LargestCount);
        return (isCommand ? FirstCommand : first, most);
    }
}

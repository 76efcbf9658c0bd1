using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Jobs;

/// <summary>
/// Cuts a job's source into chunks. Tracks the position in the source, and decides the size of the next chunk, the
/// number of open chunks, and how much the pace allows. Does not know which chunks are open: <see cref="JobCore"/> keeps to the
/// window and numbers the chunks. "Items", positions and sizes are bytes of a file, and items of any other source.
/// Times are Unix milliseconds; slots are those on nodes that match the job, 0 while their number is not known.
/// </summary>
internal sealed class ChunkCutter
{
    // Segments are in bytes; all other sizes are in the unit of the source.
    private const int LargestSegment = 1 << 20;
    private const long LargestRange = 1L << 28;
    private const long LargestCount = 1_000_000;
    private const long FirstRange = 1L << 18;
    private const long FirstCount = 1024;
    private const long FirstCommand = 16;
    private const long FirstCollected = 1024;
    private const long LargestCollected = 32_768;
    private const int CollectedSegment = 256 << 10;
    private const long FirstFilePart = 256 << 10;
    private const long FirstQuickPart = 1 << 20;
    private const long LargestFilePart = 8 << 20;

    /// <summary>The assumed size of a line of a file, in bytes: a spec's chunk size and pace are in items even for a file.</summary>
    private const int LineGuess = 64;

    /// <summary>The number of slots to plan for while the real one is not known.</summary>
    private const int UnknownSlots = 4;

    private readonly JobSource source;
    private readonly SourceCursor cursor;
    private readonly ChunkSizer sizer;
    private readonly Pacer? pacer;
    private readonly long? fixedSize;
    private readonly long leastPaced = 1;

    public ChunkCutter(JobSpec spec)
    {
        source = spec.Source;
        cursor = new SourceCursor(source);
        // The estimated size of an item, in the unit of the source.
        var unit = IsFile ? LineGuess : 1;
        fixedSize = spec.ChunkSize * (long)unit;
        SegmentLimit = spec.Plan.Collects ? CollectedSegment : LargestSegment;
        var (first, most) = FirstAndLargest(spec);
        sizer = new ChunkSizer(first, most, fixedSize is { } size ? int.CreateSaturating(size) : null);
        if (spec.Pace is not { } pace)
            return;
        pacer = new Pacer(pace * unit, fixedSize ?? unit);
        // A byte of a file is due very soon. Cut at least as much of a file as the pace allows in a tenth of a second.
        if (IsFile)
            leastPaced = Math.Max(unit, (long)Math.Min(pace * unit / 10, LargestFilePart));
    }

    /// <summary>Whether the source is a file.</summary>
    public bool IsFile => source.Kind == JobSourceKind.File;

    /// <summary>
    /// The file; null when the source is no file, or before the file was found. Set before the first cut; setting also sets
    /// <see cref="Whole"/>.
    /// </summary>
    public FilePart? File
    {
        get => cursor.File;
        set => cursor.File = value;
    }

    /// <summary>The most bytes of lines in a chunk's segment. A single item that is larger still gets a chunk of its own.</summary>
    public int SegmentLimit { get; }

    /// <summary>How much of the source has been cut.</summary>
    public long Place => cursor.Place;

    /// <summary>
    /// How much of the source is left; <see cref="long.MaxValue"/> when the size of the source is not known, as of a stream and of a
    /// command, even after they were closed.
    /// </summary>
    public long Left => cursor.Left;

    /// <summary>The size of the source; null when not known.</summary>
    public long? Whole => cursor.Whole;

    /// <summary>
    /// Where the next chunk begins: the first integer of a chunk of a range, or the position in any other source.
    /// </summary>
    public long NextFirst => source.Kind == JobSourceKind.Range ? source.From + Place : Place;

    /// <summary>
    /// Starts the pace at the current position, which must be set before. Called once, before the first cut; the time without the job
    /// in memory thus gives no allowance.
    /// </summary>
    public void Begin(long now) => pacer?.Begin(now, Place);

    /// <summary>
    /// Shifts the times of the pace by <paramref name="by"/> milliseconds, after the wall clock was set by that much.
    /// </summary>
    public void ClockStepped(long by) => pacer?.ClockStepped(by);

    /// <summary>Sets the position to the end of a stored chunk, in the terms of <see cref="NextFirst"/>.</summary>
    public void Seek(long next) => cursor.Seek(next);

    /// <summary>Sets the position, in the terms of <see cref="Place"/>.</summary>
    public void SeekPlace(long place) => cursor.Seek(source.From + place);

    /// <summary>
    /// Records how long a chunk took, in microseconds, to adjust the size of later chunks. Ignores a chunk without evaluated items.
    /// </summary>
    public void Note(long items, long micros) => sizer.Note(items, micros);

    /// <summary>Returns how many chunks may be with workers or wait for a slot at one time; at least 4.</summary>
    public int Window(int slots) => sizer.Window(Known(slots));

    /// <summary>
    /// Cuts the next chunk of a range, a file or the spec's items, and moves the position behind it. Returns null when the whole source
    /// has been cut, or when the pace delays the chunk.
    /// </summary>
    public ChunkPlan? Cut(long no, int slots, long now)
    {
        if (Left == 0)
            return null;
        var items = sizer.Next(Left, Known(slots));
        if (pacer is not null)
        {
            var allowed = pacer.Allowed(now, Place);
            if (allowed < Math.Min(items, LeastPaced))
                return null;
            items = Math.Min(items, allowed);
        }

        return cursor.Cut(no, items, SegmentLimit);
    }

    /// <summary>Returns how many of the items that have arrived the pace allows; 0 or less when it allows none.</summary>
    public long Allowed(long items, long now) => pacer is null ? items : Math.Min(items, pacer.Allowed(now, Place));

    /// <summary>
    /// Cuts a chunk of at most <paramref name="items"/> items from lines that have arrived, and removes it from
    /// <paramref name="lines"/>, which must have as many. Does not look at the pace: the caller asks <see cref="Allowed"/> first.
    /// </summary>
    public ChunkPlan Cut(long no, long items, int slots, ref ReadOnlyMemory<byte> lines) =>
        cursor.Cut(no, Math.Min(sizer.Next(long.MaxValue, Known(slots)), items), SegmentLimit, ref lines);

    /// <summary>
    /// Returns the time at which the pace allows the next chunk, at least 10 ms from now; null without a pace, and when the whole source
    /// has been cut.
    /// </summary>
    public long? NextDue(long now) =>
        pacer is null || Left == 0 ? null : pacer.DueAt(Place + Math.Min(LeastPaced, Left), now);

    /// <summary>
    /// How much the pace must allow before a chunk is cut, unless the chunk is smaller: a whole chunk of a fixed size. Without a fixed
    /// size the first cut waits for nothing.
    /// </summary>
    private long LeastPaced => fixedSize ?? (Place == 0 ? 1 : leastPaced);

    private static int Known(int slots) => slots == 0 ? UnknownSlots : slots;

    private static (long First, long Largest) FirstAndLargest(JobSpec spec)
    {
        var isCommand = spec.Plan.Processor >= ProcessorKind.Command;
        if (spec.Source.Kind == JobSourceKind.File)
            return spec.Plan.Collects ? (FirstFilePart, CollectedSegment) : (isCommand ? FirstFilePart : FirstQuickPart, LargestFilePart);
        var isRange = spec.Source.Kind == JobSourceKind.Range && !spec.Plan.MakesLines;
        // Collected results are sent with the chunk's report, so their chunks stay small.
        // The duration of an item in a command or a plug-in is not known in advance, so such a job begins with small chunks.
        var (first, most) = spec.Plan.Collects ? (FirstCollected, LargestCollected)
            : isRange ? (FirstRange, LargestRange)
            : (FirstCount, LargestCount);
        return (isCommand ? FirstCommand : first, most);
    }
}

using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Jobs;

/// <summary>
/// Cuts a job's source into chunks, each some neighbouring items that one worker processes.
/// <see cref="JobCore"/> owns the cutter and calls it in every round of the job.
/// The cutter keeps the position in the source, chooses the size of the next chunk (<see cref="ChunkSizer"/>),
/// and holds chunks back while the job's pace, its limit of items a second, does not allow them (<see cref="Pacer"/>).
/// The cutter does not know which chunks are open, that is, cut but not yet merged into the job's results:
/// the caller numbers the chunks and limits how many are open.
/// </summary>
/// <remarks>
/// The unit of items, positions and sizes is a byte when the source is a file, and an item otherwise.
/// <para>
/// There are two ways to cut. A range, a file and the spec's items are cut
/// from the source by <see cref="Cut(long, int, long)"/>. The items of a stream and of a command arrive over time,
/// and the caller passes their lines to <see cref="Cut(long, long, int, ref ReadOnlyMemory{byte})"/>.
/// </para>
/// <para>
/// The cutter stores nothing. A new activation of the job's grain builds a cutter, sets <see cref="File"/> for a file,
/// restores the position of a stored job with <see cref="SeekPlace"/> and <see cref="Seek"/>, and calls
/// <see cref="Begin"/>. Sizes are then learned again. Times are Unix milliseconds from <see cref="JobClock"/>.
/// "Slots" counts the slots on nodes that match the job; 0 means that no such node is known.
/// </para>
/// </remarks>
internal sealed class ChunkCutter
{
    // "First" is the size of chunks before any chunk has ended; "Largest" bounds the sizes after that.
    // LargestSegment and CollectedSegment are in bytes of lines: a segment is a chunk's items as lines.
    // All other sizes are in the unit of the source.
    private const int LargestSegment = 1 << 20;
    private const long LargestRange = 1L << 28;
    private const long LargestCount = 1_000_000;
    private const long FirstRange = 1L << 18;
    private const long FirstCount = 1024;
    private const long FirstCommand = 16;

    // Results that a job collects travel in the report of their chunk, so the chunks of such a job stay small.
    private const long FirstCollected = 1024;
    private const long LargestCollected = 32_768;
    private const int CollectedSegment = 256 << 10;

    // The first chunks of a file: FirstQuickPart with a built-in processor, FirstFilePart with a command or a plug-in.
    private const long FirstFilePart = 256 << 10;
    private const long FirstQuickPart = 1 << 20;
    private const long LargestFilePart = 8 << 20;

    /// <summary>
    /// The assumed size of a line of a file, in bytes.
    /// It converts the chunk size and the pace of a spec, which count items, to bytes.
    /// </summary>
    private const int LineGuess = 64;

    /// <summary>The number of slots to plan for while the real one is not known.</summary>
    private const int UnknownSlots = 4;

    private readonly JobSource source;
    private readonly SourceCursor cursor;
    private readonly ChunkSizer sizer;
    private readonly Pacer? pacer;

    /// <summary>Measures how fast the source is cut, for people.</summary>
    private readonly RateMeter reading = new();
    private readonly long? fixedSize;

    /// <summary>The value of <see cref="NeededAllowance"/> for chunks of adaptive size, after the first cut.</summary>
    private readonly long adaptiveAllowance = 1;

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
        // The second argument lets enough items for a whole chunk accumulate, however slow the pace is.
        pacer = new Pacer(pace * unit, fixedSize ?? unit);
        // The pace allows another byte of a file almost at once, and a chunk of a few bytes is not worth its overhead.
        // A chunk of a file therefore waits for a tenth of a second's worth of bytes, and for at least one line.
        if (IsFile)
            adaptiveAllowance = Math.Max(unit, (long)Math.Min(pace * unit / 10, LargestFilePart));
    }

    /// <summary>Whether the source is a file.</summary>
    public bool IsFile => source.Kind == JobSourceKind.File;

    /// <summary>
    /// The file to cut. Null when the source is not a file, and until the caller sets the property,
    /// which it must do before the first cut. The setter also sets <see cref="Whole"/>.
    /// </summary>
    public FilePart? File
    {
        get => cursor.File;
        set => cursor.File = value;
    }

    /// <summary>
    /// The most bytes of lines in a chunk, 256 KiB for a job that collects results and 1 MiB for any other.
    /// A single item that is larger gets a chunk of its own.
    /// The limit does not apply to ranges and files, whose chunks carry no lines.
    /// </summary>
    public int SegmentLimit { get; }

    /// <summary>How much of the source has been cut, which is also the place, from 0, of the next item.</summary>
    public long Place => cursor.Place;

    /// <summary>
    /// How much of the source is left to cut. <see cref="long.MaxValue"/> when the size of the source is not known.
    /// A stream and a command never have a known size, so the value does not become 0 when they are closed.
    /// </summary>
    public long Left => cursor.Left;

    /// <summary>The size of the whole source; null when not known, as for a stream or a command.</summary>
    public long? Whole => cursor.Whole;

    /// <summary>
    /// Where the next chunk begins, as <see cref="ChunkPlan.First"/> states it:
    /// an integer of a range, or <see cref="Place"/> for any other source.
    /// </summary>
    public long NextFirst => source.Kind == JobSourceKind.Range ? source.From + Place : Place;

    /// <summary>
    /// Starts the pace now, at the current position. Called once, after the position was restored
    /// and before the first cut. The time during which no activation had the job in memory therefore allows no items.
    /// </summary>
    public void Begin(long now) => pacer?.Begin(now, Place);

    /// <summary>
    /// Shifts the times of the pace by <paramref name="by"/> milliseconds after the wall clock jumped by that much,
    /// so that the pace neither stalls nor lets a burst through.
    /// </summary>
    public void ClockStepped(long by)
    {
        pacer?.ClockStepped(by);
        reading.ClockStepped(by);
    }

    /// <summary>Returns how much of the source was cut a second over the last few seconds.</summary>
    public double ReadRate(long now) => reading.Rate(now, Place);

    /// <summary>Restores the position from the end of a stored chunk, stated as <see cref="NextFirst"/> is.</summary>
    public void Seek(long next) => cursor.Seek(next);

    /// <summary>Restores the position from stored progress, stated as <see cref="Place"/> is.</summary>
    public void SeekPlace(long place) => cursor.Seek(source.From + place);

    /// <summary>
    /// Records how long an ended chunk took, in microseconds, to adjust the size of later chunks.
    /// Ignores a chunk of 0 items: one that failed, or a reduction.
    /// </summary>
    public void Note(long items, long micros) => sizer.Note(items, micros);

    /// <summary>
    /// Returns the window: how many chunks may be with workers or wait for a slot at one time.
    /// At least 4, and more while chunks are short.
    /// </summary>
    public int Window(int slots) => sizer.Window(SlotsOrGuess(slots));

    /// <summary>
    /// Cuts the next chunk of a range, a file or the spec's items, and moves the position behind the chunk.
    /// Returns null when the whole source has been cut (<see cref="Left"/> is 0),
    /// and when the pace holds the chunk back until <see cref="NextDue"/>.
    /// </summary>
    /// <param name="no">The number of the chunk.</param>
    /// <param name="slots">The number of slots that match the job; 0 when not known.</param>
    /// <param name="now">The current time.</param>
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

    /// <summary>
    /// Returns how many of <paramref name="items"/> arrived items the pace allows now; 0 or less when it allows none.
    /// </summary>
    public long Allowed(long items, long now)
    {
        reading.Note(now, Place);
        return pacer is null ? items : Math.Min(items, pacer.Allowed(now, Place));
    }

    /// <summary>
    /// Cuts a chunk from lines of a stream or a command that have arrived, and moves the position behind the chunk.
    /// Ignores the pace: the caller asks <see cref="Allowed"/> first.
    /// </summary>
    /// <param name="no">The number of the chunk.</param>
    /// <param name="items">The most items of the chunk, from 1 to the number of lines.</param>
    /// <param name="slots">The number of slots that match the job; 0 when not known.</param>
    /// <param name="lines">The lines, each ended by a line feed. The method removes the lines of the chunk.</param>
    public ChunkPlan Cut(long no, long items, int slots, ref ReadOnlyMemory<byte> lines) =>
        cursor.Cut(no, Math.Min(sizer.Next(long.MaxValue, SlotsOrGuess(slots)), items), SegmentLimit, ref lines);

    /// <summary>
    /// Returns the time at which the pace allows the next chunk, at least 10 ms from now,
    /// so that small chunks share a commit. Null without a pace, and when the whole source has been cut.
    /// </summary>
    public long? NextDue(long now) =>
        pacer is null || Left == 0 ? null : pacer.DueAt(Place + Math.Min(NeededAllowance, Left), now);

    /// <summary>
    /// How much the pace must allow before a chunk is cut, unless the chunk is smaller.
    /// A fixed size waits for the whole chunk. Without a fixed size the very first chunk does not wait.
    /// </summary>
    private long NeededAllowance => fixedSize ?? (Place == 0 ? 1 : adaptiveAllowance);

    private static int SlotsOrGuess(int slots) => slots == 0 ? UnknownSlots : slots;

    private static (long First, long Largest) FirstAndLargest(JobSpec spec)
    {
        // A command, a chunk command or a plug-in: code of the user, whose duration is not known in advance.
        var isCommand = spec.Plan.Processor >= ProcessorKind.Command;
        if (spec.Source.Kind == JobSourceKind.File)
            return spec.Plan.Collects ? (FirstFilePart, CollectedSegment) : (isCommand ? FirstFilePart : FirstQuickPart, LargestFilePart);
        // Integers of a range need no memory unless the processor or an aggregate makes lines of them.
        var isRange = spec.Source.Kind == JobSourceKind.Range && !spec.Plan.MakesLines;
        var (first, most) = spec.Plan.Collects ? (FirstCollected, LargestCollected)
            : isRange ? (FirstRange, LargestRange)
            : (FirstCount, LargestCount);
        return (isCommand ? FirstCommand : first, most);
    }
}

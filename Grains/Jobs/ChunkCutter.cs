using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Jobs;

/// <summary>
/// Cuts a job's source into chunks: how far it has come, how large the next chunk is, how many may be open, and what the pace allows.
/// It measures a file in bytes, any other source in items.
/// </summary>
internal sealed class ChunkCutter
{
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
    private const int LineGuess = 64;
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
        // How much an item is in the source's own measure.
        var unit = IsFile ? LineGuess : 1;
        fixedSize = spec.ChunkSize * (long)unit;
        SegmentLimit = spec.Plan.Collects ? CollectedSegment : LargestSegment;
        var (first, most) = FirstAndLargest(spec);
        sizer = new ChunkSizer(first, most, fixedSize is { } size ? int.CreateSaturating(size) : null);
        if (spec.Pace is not { } pace)
            return;
        pacer = new Pacer(pace * unit, fixedSize ?? unit);
        // Of a file, where one byte is soon due, as much as is due in a tenth of a second goes together.
        if (IsFile)
            leastPaced = Math.Max(unit, (long)Math.Min(pace * unit / 10, LargestFilePart));
    }

    /// <summary>Whether the source is a file, which is measured in bytes.</summary>
    public bool IsFile => source.Kind == JobSourceKind.File;

    /// <summary>The file, once it was found.</summary>
    public FilePart? File
    {
        get => cursor.File;
        set => cursor.File = value;
    }

    /// <summary>The most bytes of items that a chunk has.</summary>
    public int SegmentLimit { get; }

    /// <summary>How much has been cut off.</summary>
    public long Place => cursor.Place;

    /// <summary>How much is left; <see cref="long.MaxValue"/> when nobody knows.</summary>
    public long Left => cursor.Left;

    /// <summary>How much there is; null when nobody knows.</summary>
    public long? Whole => cursor.Whole;

    /// <summary>Where a chunk begins that is cut next: its place, of a range its first integer.</summary>
    public long NextFirst => source.Kind == JobSourceKind.Range ? source.From + Place : Place;

    /// <summary>Begins to let items through at the pace.</summary>
    public void Begin(long now) => pacer?.Begin(now, Place);

    /// <summary>The clock was set, by so much.</summary>
    public void ClockStepped(long by) => pacer?.ClockStepped(by);

    /// <summary>Goes to where a stored chunk ends, as <see cref="NextFirst"/> counts.</summary>
    public void Seek(long next) => cursor.Seek(next);

    /// <summary>Goes to a place.</summary>
    public void SeekPlace(long place) => cursor.Seek(source.From + place);

    /// <summary>Takes in what a chunk took, in microseconds.</summary>
    public void Note(long items, long micros) => sizer.Note(items, micros);

    /// <summary>How many chunks may be with workers or wait for one.</summary>
    public int Window(int slots) => sizer.Window(Known(slots));

    /// <summary>Cuts the next chunk off; null when the source is at its end, or when the pace holds the chunk back.</summary>
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

    /// <summary>How many of so many items that have come in the pace lets through.</summary>
    public long Allowed(long items, long now) => pacer is null ? items : Math.Min(items, pacer.Allowed(now, Place));

    /// <summary>Cuts a chunk of at most so many items off lines that have come in; what is left of them stays.</summary>
    public ChunkPlan Cut(long no, long items, int slots, ref ReadOnlyMemory<byte> lines) =>
        cursor.Cut(no, Math.Min(sizer.Next(long.MaxValue, Known(slots)), items), SegmentLimit, ref lines);

    /// <summary>When the next item may be read; null when the pace holds nothing back.</summary>
    public long? NextDue(long now) =>
        pacer is null || Left == 0 ? null : pacer.DueAt(Place + Math.Min(LeastPaced, Left), now);

    /// <summary>How much must be due before it is read; the very first item is at once.</summary>
    private long LeastPaced => fixedSize ?? (Place == 0 ? 1 : leastPaced);

    private static int Known(int slots) => slots == 0 ? UnknownSlots : slots;

    private static (long First, long Largest) FirstAndLargest(JobSpec spec)
    {
        var isCommand = spec.Plan.Processor >= ProcessorKind.Command;
        if (spec.Source.Kind == JobSourceKind.File)
            return spec.Plan.Collects ? (FirstFilePart, CollectedSegment) : (isCommand ? FirstFilePart : FirstQuickPart, LargestFilePart);
        var isRange = spec.Source.Kind == JobSourceKind.Range && !spec.Plan.MakesLines;
        // Results that are kept travel with their chunk, so chunks stay small; nobody knows what a command takes.
        var (first, most) = spec.Plan.Collects ? (FirstCollected, LargestCollected)
            : isRange ? (FirstRange, LargestRange)
            : (FirstCount, LargestCount);
        return (isCommand ? FirstCommand : first, most);
    }
}

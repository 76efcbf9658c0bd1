using OrleansTasks.Jobs.Spec;

namespace OrleansTasks.Jobs;

internal sealed partial class JobCore
{
    private const int MostOpenChunks = 16_384;
    private bool isClosed;

    /// <summary>Whether no more items will come, since somebody has said so.</summary>
    public bool IsClosed => isClosed;

    public bool IsStream => spec.Source.Kind == JobSourceKind.Stream;

    /// <summary>Whether items may still be appended.</summary>
    public bool TakesItems => IsStream && !isClosed && Phase == JobPhase.Reading;

    /// <summary>How many chunks may be with workers or wait for one; what is appended beyond that is stored and waits its turn.</summary>
    public int Window(int slots) => sizer.Window(slots == 0 ? UnknownSlots : slots);

    /// <summary>
    /// Cuts posted lines into chunks, as many as there is room for and the pace allows; how many items that were.
    /// </summary>
    public long Append(ReadOnlyMemory<byte> lines, long items, int slots, long now, ImmutableArray<ChunkPlan>.Builder chunks)
    {
        var most = pacer is null ? items : Math.Min(items, pacer.Allowed(now, cursor.Place));
        var taken = 0L;
        while (taken < most && open.Count < MostOpenChunks && openBytes < MostOpenBytes)
        {
            var size = sizer.Next(long.MaxValue, slots == 0 ? UnknownSlots : slots);
            var chunk = cursor.Cut(++lastNo, Math.Min(size, most - taken), segmentLimit, ref lines);
            AddOpen(chunk);
            chunks.Add(chunk);
            taken += chunk.Items;
        }

        if (taken > 0 && startedAt == 0)
            startedAt = now;
        return taken;
    }

    /// <summary>No more items will come.</summary>
    public void Close()
    {
        isClosed = true;
        if (Phase == JobPhase.Reading)
            Move(JobTrigger.SourceEnd);
    }
}

using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Definitions;

/// <summary>
/// Creates the ids of the tasks of a workflow that a run starts, from the run's own id. A start that is repeated sends
/// the same ids, so the queue's owner recognizes the tasks that it has stored already. The ids have the run's random
/// bits, and count its counter on (see <see cref="TaskId"/>), so they follow the run's id in order.
/// </summary>
/// <param name="run">The id of the run, which is also that of the workflow.</param>
internal sealed class RunTaskIds(TaskId run)
{
    private const int CounterBits = 26;

    // The bits of the counter that are in the lower half of an id, above the random bits.
    private const int LowBits = 14;
    private const int RandomBits = 48;

    private ulong counter = ((run.High & 0xfff) << LowBits) | ((run.Low >> RandomBits) & 0x3fff);

    /// <summary>Returns the id of the next task.</summary>
    public TaskId Next()
    {
        counter++;
        // A counter that is exhausted borrows the next millisecond. 0x7000 is the UUID version, and 0b10 the variant.
        var millisecond = (run.High >> 16) + (counter >> CounterBits);
        var high = (millisecond << 16) | 0x7000 | ((counter >> LowBits) & 0xfff);
        var low = (0b10UL << 62) | ((counter & 0x3fff) << RandomBits) | (run.Low & 0xffff_ffff_ffff);
        return new TaskId(high, low);
    }
}

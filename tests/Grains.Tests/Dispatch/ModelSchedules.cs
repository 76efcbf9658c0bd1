using OrleansTasks.Schedules;
using OrleansTasks.Storage;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>The schedules of the plainest store, which checks that a time is stored once.</summary>
internal sealed class ModelSchedules
{
    private readonly Dictionary<long, ScheduleBody> bodies = [];

    public SortedDictionary<long, ScheduleRow> Rows { get; } = [];

    public SortedDictionary<long, OccurrenceRow> Occurrences { get; } = [];

    public void Apply(ScheduleCommit commit)
    {
        foreach (var no in commit.Deleted)
        {
            Rows.Remove(no);
            foreach (var row in Occurrences.Values.Where(row => row.Schedule == no).ToList())
                Occurrences.Remove(row.No);
        }

        foreach (var row in commit.Rows)
            Rows[row.No] = row;
        foreach (var body in commit.Bodies)
            bodies[body.No] = body;
        foreach (var no in commit.Dropped)
            Occurrences.Remove(no);
        foreach (var row in commit.Occurrences)
        {
            Assert.True(Rows.ContainsKey(row.Schedule), $"{row} is of no schedule.");
            Assert.DoesNotContain(
                Occurrences.Values,
                known => known.Kind == OccurrenceKind.Time && row.Kind == OccurrenceKind.Time && known.At == row.At
                    && known.Schedule == row.Schedule && known.No != row.No);
            Occurrences[row.No] = row;
        }
    }

    /// <summary>Writes what is stored as a schedule's body, whatever it is.</summary>
    public void SetBody(long no, ReadOnlyMemory<byte> spec) => bodies[no] = bodies[no] with { Spec = spec };

    public ReadOnlyMemory<byte> BodyOf(long no) => bodies[no].Spec;

    public void LoadInto(DispatchCore core, string queue)
    {
        foreach (var row in Rows.Values)
            Load(core, new StoredSchedule(queue, row, bodies[row.No]));
        foreach (var row in Occurrences.Values.Where(static row => row.IsOpen))
            core.Schedules.Load(row);
    }

    // As recovery does, which logs it.
    private static void Load(DispatchCore core, StoredSchedule schedule)
    {
        try
        {
            core.Schedules.Load(schedule);
        }
        catch (FormatException)
        {
        }
    }
}

using System.Text.Json;

namespace OrleansTasks.Tasks.Spec;

/// <summary>Reads <c>{"tasks":[TaskSpec…]}</c> and reports all faults of all tasks.</summary>
public static class BatchSpecReader
{
    /// <summary>Maximum number of tasks of a batch.</summary>
    public const int MostTasks = ServiceLimits.BatchTasks;

    private static readonly string[] Names = ["tasks"];

    /// <summary>Reads a batch. Returns null if it has faults.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <param name="now">The current time in Unix milliseconds; <c>expiresAt</c> must be later.</param>
    /// <param name="errors">The object to which faults are added, with paths such as <c>tasks[17].cmd</c>.</param>
    public static List<SubmittedSpec>? Read(ReadOnlySpan<byte> utf8, long now, SpecErrors errors)
    {
        try
        {
            var reader = new StrictReader(utf8, errors);
            reader.Read();
            var specs = Read(ref reader, now);
            reader.Finish();
            return errors.IsEmpty ? specs : null;
        }
        catch (JsonException fault)
        {
            errors.Malformed = StrictReader.Describe(fault);
            return null;
        }
    }

    private static List<SubmittedSpec> Read(ref StrictReader reader, long now)
    {
        var specs = new List<SubmittedSpec>();
        if (!reader.IsObject(StrictReader.Root))
            return specs;
        var seen = default(SeenFields);
        while (reader.NextField(Names, ref seen, "", out _))
            ReadTasks(ref reader, now, specs);
        if (!seen.Has(0))
            reader.Errors.Add("tasks", "is missing; give an array of 1 to 10000 task specs");
        return specs;
    }

    private static void ReadTasks(ref StrictReader reader, long now, List<SubmittedSpec> specs)
    {
        if (!reader.IsArray("tasks"))
            return;
        var count = 0;
        for (; reader.Read() && reader.Token != JsonTokenType.EndArray; count++)
        {
            if (count >= MostTasks)
            {
                reader.Skip();
                continue;
            }

            reader.Errors.Index = count;
            var spec = TaskSpecReader.Read(ref reader, now, out var extent);
            if (spec.Unique is not null)
                reader.Errors.AddRule("unique", "is not allowed in a batch, which is accepted or refused as a whole");
            if (count > 0 && reader.Errors.IsEmpty && spec.Queue != specs[0].Spec.Queue)
                reader.Errors.Add("queue",
                    $"is '{spec.Queue}', but the queue of tasks[0] is '{specs[0].Spec.Queue}'; all tasks of a batch "
                        + "must have the same queue");
            specs.Add(new SubmittedSpec(spec, extent));
        }

        reader.Errors.Index = null;
        if (count is 0 or > MostTasks)
            reader.Errors.Add("tasks", $"has {count} items; 1 to {MostTasks} are allowed");
    }
}

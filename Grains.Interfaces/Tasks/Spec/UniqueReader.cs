namespace OrleansTasks.Tasks.Spec;

/// <summary>Reads <c>unique</c>, <c>debounce</c> and <c>debounceMax</c> of a task's spec.</summary>
internal static class UniqueReader
{
    // Without debounceMax, the wait ends at the latest after this many times the debounce.
    private const int DefaultPauses = 10;

    private static readonly string[] Names = ["key", "while", "then"];

    // In the order of the enumerations.
    private static readonly string[] Whiles = ["open", "queued"];
    private static readonly string[] Thens = ["refuse", "join", "replace"];

    /// <summary>Reads <c>unique</c>; null if it is not an object.</summary>
    public static TaskUnique? Read(ref StrictReader reader)
    {
        if (!reader.IsObject("unique"))
            return null;
        var (key, during, then) = ("", UniqueWhile.Open, UniqueThen.Refuse);
        var seen = default(SeenFields);
        while (reader.NextField(Names, ref seen, "unique", out var field))
        {
            if (field == 0)
                key = TaskSpecReader.ReadKey(ref reader, "unique.key");
            else if (field == 1)
                during = (UniqueWhile)reader.Word("unique.while", Whiles);
            else
                then = (UniqueThen)reader.Word("unique.then", Thens);
        }

        if (!seen.Has(0))
            reader.Errors.Add("unique.key", "is missing; at most one task of the queue holds a key");
        return new TaskUnique(key, during, then);
    }

    /// <summary>Reads a duration in milliseconds; 0 if it is not one.</summary>
    public static long ReadDebounce(ref StrictReader reader, string name) =>
        (long)(reader.Duration(name, TimeSpan.FromMilliseconds(1), TaskUnique.LongestDebounce) ?? default)
            .TotalMilliseconds;

    /// <summary>Adds the durations to the key, and checks them against the other fields.</summary>
    public static void Complete(TaskSpec spec, bool hasUnique, bool hasDebounce, long now, SpecErrors errors)
    {
        if (spec.Debounce == 0)
        {
            if (!hasDebounce && spec.DebounceMax != 0)
                errors.AddRule("debounceMax", "needs debounce");
            return;
        }

        if (!hasUnique)
            errors.AddRule("debounce", "needs unique: tasks with the same key arrive one after another");
        else if (spec.Unique is { Then: UniqueThen.Refuse })
            errors.AddRule("debounce", "needs the value join or replace for unique.then");
        if (spec.RunAt != 0)
            errors.AddRule("debounce", "is not allowed with runAt: it determines when the task runs");
        if (spec.ExpiresAt != 0 && spec.ExpiresAt <= now + spec.Debounce)
        {
            errors.AddRule(
                "expiresAt", "must be later than the end of debounce, or the task would expire before it could start");
        }

        if (spec.DebounceMax != 0 && spec.DebounceMax < spec.Debounce)
            errors.AddRule("debounceMax", "must be at least debounce");
        if (spec.Unique is { } unique)
        {
            spec.Unique = unique with
            {
                Debounce = spec.Debounce,
                DebounceMax = spec.DebounceMax != 0
                    ? spec.DebounceMax
                    : Math.Min(DefaultPauses * spec.Debounce, (long)TaskUnique.LongestDebounce.TotalMilliseconds),
            };
        }
    }
}

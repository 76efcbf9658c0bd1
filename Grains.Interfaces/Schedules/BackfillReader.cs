using System.Text.Json;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Schedules;

/// <summary>Reads the body of a backfill request from JSON and reports all of its faults.</summary>
public static class BackfillReader
{
    /// <summary>Maximum number of occurrences of a backfill that may be open at once.</summary>
    public const int MostParallel = 100;

    /// <summary>Maximum number of occurrences of one backfill.</summary>
    public const int MostOccurrences = ServiceLimits.BackfillTimes;

    private static readonly string[] Names = ["from", "to", "parallel", "again"];

    /// <summary>Reads a body into a request. Returns null if the body has faults.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <param name="id">The schedule's id.</param>
    /// <param name="now">The current time in Unix milliseconds; the range must not end later.</param>
    /// <param name="errors">The object to which faults are added.</param>
    public static ScheduleRequest? Read(ReadOnlySpan<byte> utf8, string id, long now, SpecErrors errors)
    {
        try
        {
            var reader = new StrictReader(utf8, errors);
            reader.Read();
            var request = Read(ref reader, new ScheduleRequest(ScheduleAction.Backfill, id), now);
            reader.Finish();
            return errors.IsEmpty ? request : null;
        }
        catch (JsonException fault)
        {
            errors.Malformed = StrictReader.Describe(fault);
            return null;
        }
    }

    private static ScheduleRequest Read(ref StrictReader reader, ScheduleRequest request, long now)
    {
        var seen = default(SeenFields);
        if (!reader.IsObject(StrictReader.Root))
            return request;
        while (reader.NextField(Names, ref seen, "", out var field))
        {
            request = Names[field] switch
            {
                "from" => request with { From = reader.Time("from") ?? 0 },
                "to" => request with { To = reader.Time("to") ?? 0 },
                "parallel" => request with { Parallel = (int)(reader.Integer("parallel", 1, MostParallel) ?? 1) },
                _ => request with { Again = reader.Boolean("again") ?? false },
            };
        }

        // The first two fields, from and to, are required.
        for (var i = 0; i < 2; i++)
        {
            if (!seen.Has(i))
                reader.Errors.Add(Names[i], "is missing; give the times of the range");
        }

        if (!reader.Errors.IsEmpty)
            return request;
        if (request.To > now)
            reader.Errors.Add("to", "must not be in the future");
        else if (request.From >= request.To)
            reader.Errors.Add("from", "must be earlier than to");
        return request;
    }
}

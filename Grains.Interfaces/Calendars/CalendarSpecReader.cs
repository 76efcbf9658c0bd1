using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansTasks.Schedules;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Calendars;

/// <summary>
/// Reads the body of a calendar from JSON and reports all of its faults, except what is wrong within rules.
/// </summary>
public static class CalendarSpecReader
{
    private static readonly string[] Names = ["days", "rules", "zone", "ics", "version"];

    /// <summary>Returns whether a calendar may have this name.</summary>
    public static bool IsName(string name) => SpecRules.IsQueueName(name);

    /// <summary>Reads a body. Returns null if it has faults.</summary>
    public static CalendarSpec? Read(ReadOnlySpan<byte> utf8, SpecErrors errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        try
        {
            var reader = new StrictReader(utf8, errors);
            reader.Read();
            var spec = Read(ref reader);
            reader.Finish();
            return errors.IsEmpty ? spec : null;
        }
        catch (JsonException fault)
        {
            errors.Malformed = StrictReader.Describe(fault);
            return null;
        }
    }

    /// <summary>Reads a stored body, even if it breaks rules that were added since.</summary>
    /// <exception cref="FormatException">It cannot be read, for example because its zone no longer exists on the machine.</exception>
    public static CalendarSpec ReadStored(ReadOnlySpan<byte> utf8)
    {
        var errors = new SpecErrors { ChecksRules = false };
        return Read(utf8, errors) ?? throw errors.Unreadable("calendar");
    }

    /// <summary>Reads the names of calendars in a field of another body.</summary>
    public static ImmutableArray<string> ReadNames(ref StrictReader reader, string path)
    {
        var names = ReadList(ref reader, path, ServiceLimits.CalendarsOfSchedule, "calendars", static (ref StrictReader one, string at) =>
        {
            if (one.String(at) is not { } name)
                return null;
            if (IsName(name))
                return name;
            one.Errors.Add(at, $"'{StrictReader.Quote(name)}' is not a calendar's name: it must match {SpecRules.QueueName}");
            return null;
        });
        return [.. names.Distinct(StringComparer.Ordinal)];
    }

    private delegate T? Element<T>(ref StrictReader reader, string path);

    private static CalendarSpec Read(ref StrictReader reader)
    {
        var spec = new CalendarSpec();
        if (!reader.IsObject(StrictReader.Root))
            return spec;
        var seen = default(SeenFields);
        while (reader.NextField(Names, ref seen, "", out var field))
        {
            switch (Names[field])
            {
                case "days":
                    spec.Days = [.. ReadList(ref reader, "days", ServiceLimits.CalendarDays, "days", ReadDay).Select(static day => day!.Value)];
                    break;
                case "rules":
                    spec.Rules = ReadList(ref reader, "rules", ServiceLimits.CalendarRules, "rules", static (ref StrictReader one, string at) => one.String(at));
                    break;
                case "zone":
                    ReadZone(ref reader, spec);
                    break;
                case "ics":
                    if (reader.Token == JsonTokenType.Null)
                        break;
                    spec.Ics = reader.String("ics");
                    if (spec.Ics is { } text && Encoding.UTF8.GetByteCount(text) > ServiceLimits.CalendarFileBytes)
                        reader.Errors.AddRule("ics", $"has more than {ServiceLimits.CalendarFileBytes >> 10} KiB");
                    break;
                default:
                    spec.Version = reader.Integer("version", 1, long.MaxValue);
                    break;
            }
        }

        return spec;
    }

    private static DateOnly? ReadDay(ref StrictReader reader, string path)
    {
        if (reader.String(path) is not { } text)
            return null;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is >= 1970 and < 9999)
            return day;
        reader.Errors.Add(path, $"'{StrictReader.Quote(text)}' is not a day from 1970 on, such as 2026-12-24");
        return null;
    }

    private static void ReadZone(ref StrictReader reader, CalendarSpec spec)
    {
        if (reader.String("zone") is not { } name)
            return;
        if (CronTimes.TryFindZone(name, out var zone))
            (spec.ZoneName, spec.Zone) = (name, zone);
        else
            reader.Errors.Add("zone", $"'{StrictReader.Quote(name)}' is not the IANA name of a time zone, such as Europe/Berlin");
    }

    private static ImmutableArray<T> ReadList<T>(ref StrictReader reader, string path, int most, string what, Element<T> read)
    {
        var all = ImmutableArray.CreateBuilder<T>();
        if (!reader.IsArray(path))
            return [];
        for (var i = 0; reader.Read() && reader.Token != JsonTokenType.EndArray; i++)
        {
            if (i == most)
                reader.Errors.AddRule(path, $"has more than {ServiceLimits.Count(most)} {what}");
            if (i >= most && reader.Errors.ChecksRules)
                reader.Skip();
            else if (read(ref reader, $"{path}[{i}]") is { } element)
                all.Add(element);
        }

        return all.ToImmutable();
    }
}

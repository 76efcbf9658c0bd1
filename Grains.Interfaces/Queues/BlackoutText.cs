using System.Text;
using System.Text.Json;
using OrleansTasks.Calendars;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Queues;

/// <summary>Reads and writes a queue's blackouts as JSON, as they are in bodies and stores.</summary>
public static class BlackoutText
{
    private static readonly string[] Names = ["calendar", "from", "to"];

    /// <summary>Reads the list that the reader is at, and reports its faults.</summary>
    public static ImmutableArray<Blackout> Read(ref StrictReader reader, string path)
    {
        var all = ImmutableArray.CreateBuilder<Blackout>();
        if (!reader.IsArray(path))
            return [];
        for (var i = 0; reader.Read() && reader.Token != JsonTokenType.EndArray; i++)
        {
            if (i == ServiceLimits.Blackouts)
                reader.Errors.AddRule(path, $"has more than {ServiceLimits.Blackouts} blackouts");
            if (ReadOne(ref reader, $"{path}[{i}]") is { } blackout && all.Count < ServiceLimits.Blackouts)
                all.Add(blackout);
        }

        return all.ToImmutable();
    }

    /// <summary>Reads what a store has; null for no blackouts.</summary>
    /// <exception cref="FormatException">It cannot be read.</exception>
    public static ImmutableArray<Blackout> Read(string? stored)
    {
        if (stored is null)
            return [];
        var errors = new SpecErrors { ChecksRules = false };
        try
        {
            var reader = new StrictReader(Encoding.UTF8.GetBytes(stored), errors);
            reader.Read();
            var read = Read(ref reader, "blackouts");
            return errors.IsEmpty ? read : throw errors.Unreadable("list of blackouts");
        }
        catch (JsonException fault)
        {
            throw new FormatException("A stored list of blackouts is not JSON.", fault);
        }
    }

    /// <summary>Returns the text for a store; null for no blackouts.</summary>
    public static string? Of(ImmutableArray<Blackout> blackouts)
    {
        if (blackouts.IsDefaultOrEmpty)
            return null;
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
            Write(json, blackouts);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    /// <summary>Writes the list.</summary>
    public static void Write(Utf8JsonWriter json, ImmutableArray<Blackout> blackouts)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteStartArray();
        foreach (var blackout in blackouts)
        {
            json.WriteStartObject();
            if (blackout.Calendar is { } calendar)
                json.WriteString("calendar"u8, calendar);
            if (blackout.From is { } from)
                json.WriteString("from"u8, Timestamps.Format(from));
            if (blackout.To is { } to)
                json.WriteString("to"u8, Timestamps.Format(to));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static Blackout? ReadOne(ref StrictReader reader, string path)
    {
        if (!reader.IsObject(path))
            return null;
        var (seen, calendar, from, to) = (default(SeenFields), (string?)null, (long?)null, (long?)null);
        while (reader.NextField(Names, ref seen, path, out var field))
        {
            var at = $"{path}.{Names[field]}";
            if (field == 0)
                calendar = reader.String(at);
            else if (field == 1)
                from = reader.Time(at);
            else
                to = reader.Time(at);
        }

        if (calendar is not null && !CalendarSpecReader.IsName(calendar))
            reader.Errors.AddRule($"{path}.calendar", $"'{StrictReader.Quote(calendar)}' is not a calendar's name: it must match {SpecRules.QueueName}");
        else if (seen.Has(0) == (seen.Has(1) || seen.Has(2)) || seen.Has(1) != seen.Has(2))
            reader.Errors.Add(path, "must have either calendar, or from and to");
        else if (from >= to)
            reader.Errors.AddRule($"{path}.to", "must be later than from");
        else if (calendar is not null || (from is not null && to is not null))
            return new Blackout(calendar, from, to);
        return null;
    }
}

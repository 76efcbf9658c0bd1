using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTasks.ApiClient.Json;

/// <summary>Durations as the API writes them, such as <c>1h30m</c> and <c>250ms</c>.</summary>
internal sealed class DurationConverter : JsonConverter<TimeSpan>
{
    /// <inheritdoc/>
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && TryParse(reader.GetString()!, out var duration)
            ? duration
            : throw new JsonException("A duration such as 1h30m was expected.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Format(value));

    /// <summary>Returns the text of a duration.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The duration is negative.</exception>
    internal static string Format(TimeSpan value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
        if (value.Ticks % TimeSpan.TicksPerMillisecond != 0)
            return value.TotalMilliseconds.ToString("0.####", CultureInfo.InvariantCulture) + "ms";
        var parts = new (long Count, string Unit)[]
        {
            (value.Days, "d"), (value.Hours, "h"), (value.Minutes, "m"), (value.Seconds, "s"), (value.Milliseconds, "ms"),
        };
        var text = string.Concat(parts.Where(static part => part.Count > 0)
            .Select(static part => string.Create(CultureInfo.InvariantCulture, $"{part.Count}{part.Unit}")));
        return text.Length > 0 ? text : "0ms";
    }

    /// <summary>Parses the text of a duration. Returns false if it is not one.</summary>
    internal static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text.IsEmpty)
            return false;
        while (!text.IsEmpty)
        {
            var digits = text.IndexOfAnyExcept("0123456789.");
            if (digits <= 0
                || !double.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count))
                return false;
            text = text[digits..];
            var next = text.IndexOfAnyInRange('0', '9');
            var unit = next < 0 ? text : text[..next];
            text = text[unit.Length..];
            var ticks = unit switch
            {
                "d" => TimeSpan.TicksPerDay,
                "h" => TimeSpan.TicksPerHour,
                "m" => TimeSpan.TicksPerMinute,
                "s" => TimeSpan.TicksPerSecond,
                "ms" => TimeSpan.TicksPerMillisecond,
                _ => 0,
            };
            if (ticks == 0 || count * ticks > TimeSpan.MaxValue.Ticks - duration.Ticks)
                return false;
            duration += TimeSpan.FromTicks((long)Math.Round(count * ticks));
        }

        return true;
    }
}

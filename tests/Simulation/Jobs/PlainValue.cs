using System.Globalization;
using System.Text.Json;

namespace OrleansTasks.Simulation.Jobs;

/// <summary>A value as the plain computation knows it: a number, a text, or an object as it stands in its line.</summary>
internal readonly record struct PlainValue(decimal? Number, string? Text, string? Object) : IComparable<PlainValue>
{
    /// <summary>Reads a line of JSON.</summary>
    public static PlainValue Parse(string line) => line[0] switch
    {
        '"' => new(null, JsonSerializer.Deserialize<string>(line), null),
        '{' => new(null, null, line),
        _ => new(decimal.Parse(line, NumberStyles.Float, CultureInfo.InvariantCulture), null, null),
    };

    public static PlainValue Of(decimal number) => new(number, null, null);

    public static PlainValue OfText(string text) => new(null, text, null);

    public static PlainValue Of(JsonElement json) => Parse(json.GetRawText());

    /// <summary>The value of an object's field, or of the whole; null when there is none.</summary>
    public PlainValue? Select(string? field)
    {
        if (field is null)
            return this;
        if (Object is null)
            return null;
        using var json = JsonDocument.Parse(Object);
        return json.RootElement.TryGetProperty(field, out var found) ? Of(found) : null;
    }

    /// <summary>Numbers come before texts.</summary>
    public int CompareTo(PlainValue other) => (Number, other.Number) switch
    {
        ({ } one, { } two) => one.CompareTo(two),
        ({ }, null) => -1,
        (null, { }) => 1,
        _ => string.CompareOrdinal(Text, other.Text),
    };
}

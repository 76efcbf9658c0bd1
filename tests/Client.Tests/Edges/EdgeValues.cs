using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OrleansTasks.Client.Tests.Edges;

/// <summary>Values at the ends of each type, drawn from a seed.</summary>
/// <param name="random">The round's choices.</param>
internal sealed class EdgeValues(Random random)
{
    private static readonly string[] Times =
    [
        // In UTC the first of each five is beyond the calendar, in the year 10000 and in the year 0.
        "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59.9Z",
        "2016-12-31T23:59:60Z", "2262-04-12T00:00:00Z",
        "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.9999999Z",
        "1970-01-01T00:00:00Z", "2038-01-19T03:14:08Z",
    ];

    private static readonly string[] Durations =
    [
        "0ms", "1ms", "0.4ms", "1s", "1h", "24h", "7d", "30d", "366d", "30d0.001ms", "10675199d", "106751991167d",
        "9223372036854775807ms", "999999999999999d", "99999999999999999999d", "-1ms", "-366d", "-106751991167d",
    ];

    private static readonly string[] Numbers =
    [
        "0", "-0", "1", "-1", "0.5", "0.001", "1e3", "1e-400", "1e308", "1e999", "2147483647", "2147483648",
        "-2147483648", "4294967296", "9007199254740993", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808",         "18446744073709551616", new('9', 400),
    ];

    private static readonly string[] Texts =
    [
        "", " ", "a", "0", "\0", "a\0b", "\u0001", "\t", "a\nb", "\u007f", "\u0085", "\u00a0", "\u200b", "\u2028",
        "a\u202eb", "\ufeffa", "\ufffd", "\uffff", "\ud800", "a\udfff", "\udc00\ud800", "\U0001f600", "\U0010ffff",
        "/", "/a\u202e", "*", "%", "\\", "\"", "/a/0", "/~2", "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff", "..", "true", "null",
    ];

    private static readonly long[] Nothing = [];
    private const int LongestSegment = 1_024;
    private static readonly int[] Lengths =
        [63, 64, 65, 199, 200, 201, 256, 257, 500, 1_024, 4_097, 131_071, 131_072, 262_145];

    private static readonly string[] Units = ["a", "\u00e9", "\U0001f600", "\u202e", "\ud800", "\0", "a."];

    /// <summary>So many times in a row have one that is beyond the calendar.</summary>
    public const int TimesInTurn = 5;

    private int nextTime = random.Next(Times.Length);

    /// <summary>A text of any kind.</summary>
    /// <param name="longest">The length at which a bound is near.</param>
    public string Text(int longest = 64) => random.Next(10) switch
    {
        < 2 => Time(),
        < 3 => Pick(Durations),
        < 4 => Pick(Numbers),
        < 7 => Pick(Texts),
        < 8 => Repeat(Pick(Units), longest + random.Next(-1, 2)),
        _ => Repeat(Pick(Units), Pick(Lengths)),
    };

    /// <summary>A text in an address or header, short enough that the service reads all of the request.</summary>
    public string Segment() => Text() is var text && text.Length > LongestSegment ? text[..LongestSegment] : text;

    /// <summary>A value of a query parameter or header.</summary>
    /// <param name="example">A value that is allowed; its type is the parameter's.</param>
    public string Parameter(string? example) => random.Next(10) < 4 ? Segment()
        : example is null ? random.Next(3) switch { 0 => Time(), 1 => Pick(Durations), _ => Pick(Numbers) }
        : IsTime(example) ? Time()
        : double.TryParse(example, CultureInfo.InvariantCulture, out _) ? Pick(Numbers)
        : char.IsAsciiDigit(example.TrimStart('-')[0]) ? Pick(Durations)
        : Segment();

    /// <summary>A JSON value for a schema, mostly of its type.</summary>
    /// <param name="schema">The schema, resolved.</param>
    /// <param name="minimal">The smallest valid value.</param>
    /// <param name="item">The smallest valid element, when it is an array.</param>
    public string Json(JsonElement schema, string minimal, string? item) => TypeOf(schema) switch
    {
        _ when !IsTime(schema) && random.Next(8) == 0 => Any(),
        "integer" or "number" => Number(schema),
        "boolean" => Pick(["true", "false"]),
        "array" => $"[{string.Join(',', Enumerable.Repeat(item ?? "null", Pick([0, 1, 2, 65, 101, 4_097])))}]",
        "object" => Pick(["{}", minimal]),
        "string" when schema.TryGetProperty("enum", out var names) =>
            names[random.Next(names.GetArrayLength())].GetRawText(),
        "string" when IsTime(schema) => Quote(Time()),
        // The schema of a duration; others of its kind are texts.
        "string" when schema.TryGetProperty("pattern", out var form)
            && form.GetString()!.Contains("ms)?", StringComparison.Ordinal) => Quote(Pick(Durations)),
        "string" => Quote(Text(schema.TryGetProperty("maxLength", out var most) ? most.GetInt32() : 200)),
        _ => Any(),
    };

    /// <summary>A text as JSON; surrogates without their other half stay as they are.</summary>
    public static string Quote(string text) => text.Aggregate(
        new StringBuilder("\""),
        static (json, c) => c is >= ' ' and < '\u007f' and not '"' and not '\\'
            ? json.Append(c) : json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
        static json => json.Append('"').ToString());

    /// <summary>The name of a schema's type; empty: any.</summary>
    public static string TypeOf(JsonElement schema) => !schema.TryGetProperty("type", out var type) ? ""
        : type.ValueKind == JsonValueKind.Array ? type[0].GetString()! : type.GetString()!;

    /// <summary>Whether a schema is that of a time.</summary>
    public static bool IsTime(JsonElement schema) =>
        schema.TryGetProperty("format", out var format) && format.ValueEquals("date-time");

    /// <summary>Whether an example is one of a time.</summary>
    public static bool IsTime(string? example) => DateTimeOffset.TryParse(example, CultureInfo.InvariantCulture, out _);

    private string Time() => Times[nextTime++ % Times.Length];

    private string Any() => random.Next(4) switch
    {
        0 => Pick(["null", "[]", "{}", "[[]]", "[null]", "{\"\":\"\"}", "true"]),
        1 => Pick(Numbers),
        _ => Quote(Text()),
    };

    private string Number(JsonElement schema)
    {
        long[] ends =
        [
            .. schema.TryGetProperty("minimum", out var least) && least.TryGetInt64(out var low)
                ? [low, low - 1] : Nothing,
            .. schema.TryGetProperty("maximum", out var most) && most.TryGetInt64(out var high)
                ? [high, high + 1] : Nothing,
        ];
        return ends.Length > 0 && random.Next(2) == 0
            ? Pick(ends).ToString(CultureInfo.InvariantCulture) : Pick(Numbers);
    }

    private T Pick<T>(IReadOnlyList<T> values) => values[random.Next(values.Count)];

    private static string Repeat(string unit, int length) =>
        string.Concat(Enumerable.Repeat(unit, (length / unit.Length) + 1))[..length];
}

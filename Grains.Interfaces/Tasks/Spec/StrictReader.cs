using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace OrleansTasks.Tasks.Spec;

/// <summary>
/// Reads a JSON document once, forwards, and notes what is wrong instead of stopping: unknown fields with the name that
/// may have been meant, wrong types, values out of range. With <see cref="SpecErrors.ChecksRules"/> off it passes over unknown
/// fields and takes values of any range. What is no JSON at all, bytes that are not UTF-8 and names
/// that stand twice in one object end it with a <see cref="JsonException"/>, which the readers built on it catch.
/// </summary>
public ref struct StrictReader
{
    /// <summary>The path of the document itself.</summary>
    public const string Root = "$";

    private const int LongestQuote = 64;
    private readonly SpecErrors errors;
    private Utf8JsonReader json;

    /// <summary>Starts before the first token; throws <see cref="JsonException"/> when the bytes are not
    /// UTF-8.</summary>
    public StrictReader(ReadOnlySpan<byte> utf8, SpecErrors errors)
    {
        if (!Utf8.IsValid(utf8))
            throw new JsonException("The text is not UTF-8.");
        json = new Utf8JsonReader(utf8);
        this.errors = errors;
    }

    /// <summary>Where errors go.</summary>
    public readonly SpecErrors Errors => errors;

    /// <summary>The current token.</summary>
    public readonly JsonTokenType Token => json.TokenType;

    /// <summary>The byte at which the current token starts.</summary>
    public readonly int Start => (int)json.TokenStartIndex;

    /// <summary>The byte after the current token.</summary>
    public readonly int End => (int)json.BytesConsumed;

    /// <summary>The byte at which the name of the field that <see cref="NextField"/> found starts.</summary>
    public int NameStart { get; private set; }

    /// <summary>Turns what ended a reading into words for the caller: the line and the byte, nothing of ours.</summary>
    public static string Describe(JsonException fault)
    {
        var end = fault.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        var text = end < 0 ? fault.Message : fault.Message[..end];
        return fault is { LineNumber: { } line, BytePositionInLine: { } position }
            ? string.Create(CultureInfo.InvariantCulture, $"{text} (line {line + 1}, byte {position + 1})")
            : text;
    }

    /// <summary>Goes to the next token.</summary>
    public bool Read() => json.Read();

    /// <summary>Goes beyond the end of the document: anything there but white space is malformed.</summary>
    public void Finish()
    {
        if (json.Read())
            throw new JsonException("There is something after the end of the value.");
    }

    /// <summary>Whether the current value is an object; if not, notes that and passes over it.</summary>
    public bool IsObject(string path) => Is(JsonTokenType.StartObject, path, "an object");

    /// <summary>Whether the current value is an array; if not, notes that and passes over it.</summary>
    public bool IsArray(string path) => Is(JsonTokenType.StartArray, path, "an array");

    /// <summary>
    /// Goes to the value of the object's next field that is one of <paramref name="names"/>; unknown ones are noted and
    /// passed over. False at the object's end.
    /// </summary>
    /// <param name="names">The fields that there are, 64 at most.</param>
    /// <param name="seen">Which have come, by index; begin with the default.</param>
    /// <param name="path">The object's own path; empty for the document.</param>
    /// <param name="field">The index of the field found.</param>
    public bool NextField(ReadOnlySpan<string> names, ref SeenFields seen, string path, out int field)
    {
        while (Read() && Token != JsonTokenType.EndObject)
        {
            NameStart = Start;
            field = IndexOfName(names);
            if (field >= 0)
            {
                if (!seen.Known(field))
                    throw Twice(names[field]);
                Read();
                return true;
            }

            var name = Text();
            if (!seen.Unknown(name))
                throw Twice(name);
            errors.AddRule(Join(path, Quote(name)), NearMatch.Find(name, names) is { } near
                ? $"there is no such field; did you mean '{near}'?"
                : $"there is no such field; the fields are {string.Join(", ", names.ToArray())}");
            Read();
            Skip();
        }

        field = -1;
        return false;
    }

    /// <summary>Goes to the value of the object's next entry, whatever its name. False at the object's end.</summary>
    public bool NextEntry(ref SeenFields seen, out string name)
    {
        name = "";
        if (!Read() || Token == JsonTokenType.EndObject)
            return false;
        name = Text();
        if (!seen.Unknown(name))
            throw Twice(name);
        Read();
        return true;
    }

    /// <summary>The current value as a string; null, and noted, when it is none.</summary>
    public string? String(string path) => Is(JsonTokenType.String, path, "a string") ? Text() : null;

    /// <summary>The current string's bytes in UTF-8, unescaped; null, and noted, when it is none.</summary>
    public byte[]? Bytes(string path)
    {
        if (!Is(JsonTokenType.String, path, "a string"))
            return null;
        if (!json.ValueIsEscaped)
            return json.ValueSpan.ToArray();
        return Encoding.UTF8.GetBytes(Text());
    }

    /// <summary>The current value as true or false; null, and noted, when it is neither.</summary>
    public bool? Boolean(string path)
    {
        if (Token is JsonTokenType.True or JsonTokenType.False)
            return Token == JsonTokenType.True;
        Is(JsonTokenType.True, path, "true or false");
        return null;
    }

    /// <summary>The current value as a whole number within bounds; null, and noted, when it is none.</summary>
    public long? Integer(string path, long least, long most)
    {
        if (!Is(JsonTokenType.Number, path, "a whole number"))
            return null;
        if (json.TryGetInt64(out var value) && (!errors.ChecksRules || (value >= least && value <= most)))
            return value;
        errors.Add(path, string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {least} to {most}"));
        return null;
    }

    /// <summary>The current value as a number within bounds; null, and noted, when it is none.</summary>
    public double? Number(string path, double least, double most)
    {
        if (!Is(JsonTokenType.Number, path, "a number"))
            return null;
        if (json.TryGetDouble(out var value) && (!errors.ChecksRules || (value >= least && value <= most)))
            return value;
        errors.Add(path, string.Create(CultureInfo.InvariantCulture, $"must be a number from {least} to {most}"));
        return null;
    }

    /// <summary>The current value as a duration within bounds; null, and noted, when it is none.</summary>
    public TimeSpan? Duration(string path, TimeSpan least, TimeSpan most)
    {
        if (!Is(JsonTokenType.String, path, Durations.Examples))
            return null;
        if (!(json.ValueIsEscaped ? Durations.TryParse(Text(), out var value)
            : Durations.TryParse(json.ValueSpan, out value)))
            errors.Add(path, $"'{Quote(Text())}' is not {Durations.Examples}");
        else if (errors.ChecksRules && (value < least || value > most))
            errors.Add(path,
                $"must be from {Durations.Format(least)} to {Durations.Format(most)}, and is {Quote(Text())}");
        else
            return value;
        return null;
    }

    /// <summary>
    /// The current value as a time in Unix milliseconds; null, and noted, when it is none. Of a stored document, a time beyond
    /// the calendar's ends is the nearest one within.
    /// </summary>
    public long? Time(string path)
    {
        if (!Is(JsonTokenType.String, path, Timestamps.Example))
            return null;
        if (!errors.ChecksRules)
        {
            if (Timestamps.TryParseStored(Text(), out var stored))
                return stored;
        }
        else if (json.ValueIsEscaped ? Timestamps.TryParse(Text(), out var value)
            : Timestamps.TryParse(json.ValueSpan, out value))
            return value;
        errors.Add(path, $"'{Quote(Text())}' is not {Timestamps.Example}");
        return null;
    }

    /// <summary>Passes over the current value, and checks that no object in it has a name twice.</summary>
    public void Skip()
    {
        if (Token is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            if (Token == JsonTokenType.String && json.ValueIsEscaped)
                Text();
            return;
        }

        var outer = json.CurrentDepth;
        var names = new Stack<HashSet<string>>();
        do
        {
            switch (Token)
            {
                case JsonTokenType.StartObject:
                    names.Push([]);
                    break;
                case JsonTokenType.EndObject:
                    names.Pop();
                    break;
                case JsonTokenType.PropertyName when !names.Peek().Add(Text()):
                    throw Twice(Text());
                case JsonTokenType.String when json.ValueIsEscaped:
                    Text();
                    break;
            }
        }
        while (!(json.CurrentDepth == outer && Token is JsonTokenType.EndObject or JsonTokenType.EndArray) && Read());
    }

    /// <summary>Shortens what the caller sent, so that an answer stays readable.</summary>
    public static string Quote(string text) => text.Length <= LongestQuote ? text : text[..LongestQuote] + "…";

    /// <summary>The path of a field of an object.</summary>
    public static string Join(string path, string field) => path.Length == 0 ? field : $"{path}.{field}";

    private bool Is(JsonTokenType token, string path, string what)
    {
        if (Token == token)
            return true;
        errors.Add(path, $"must be {what}, and is {Kind(Token)}");
        Skip();
        return false;
    }

    private readonly int IndexOfName(ReadOnlySpan<string> names)
    {
        if (json.ValueIsEscaped)
        {
            var name = Text();
            for (var i = 0; i < names.Length; i++)
            {
                if (names[i] == name)
                    return i;
            }

            return -1;
        }

        var utf8 = json.ValueSpan;
        for (var i = 0; i < names.Length; i++)
        {
            if (names[i].Length == utf8.Length && Ascii.Equals(utf8, names[i]))
                return i;
        }

        return -1;
    }

    private readonly string Text()
    {
        try
        {
            return json.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new JsonException("A string contains half of a surrogate pair.");
        }
    }

    private static JsonException Twice(string name) => new($"The name '{Quote(name)}' stands twice in one object.");

    private static string Kind(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.Null => "null",
        _ => token == JsonTokenType.True ? "true" : "false",
    };
}

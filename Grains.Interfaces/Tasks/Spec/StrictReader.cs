using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using OrleansTasks.Processing.Text;

namespace OrleansTasks.Tasks.Spec;

/// <summary>
/// Reads a JSON document once, forwards, and collects faults instead of stopping: unknown fields (suggesting the likely
/// name), wrong types, values out of range. If <see cref="SpecErrors.ChecksRules"/> is false, it skips unknown fields
/// and accepts values of any range. Malformed JSON, invalid UTF-8 and duplicate names in an object end it with a
/// <see cref="JsonException"/>, which the readers built on it catch.
/// </summary>
public ref struct StrictReader
{
    /// <summary>The path of the document itself.</summary>
    public const string Root = "$";

    private const int LongestQuote = 64;
    private readonly SpecErrors errors;
    private Utf8JsonReader json;

    /// <summary>
    /// Starts before the first token. Throws <see cref="JsonException"/> for bytes that are not UTF-8.
    /// </summary>
    public StrictReader(ReadOnlySpan<byte> utf8, SpecErrors errors)
    {
        if (!Utf8.IsValid(utf8))
            throw new JsonException("The text is not UTF-8.");
        json = new Utf8JsonReader(utf8);
        this.errors = errors;
    }

    /// <summary>The object to which faults are added.</summary>
    public readonly SpecErrors Errors => errors;

    /// <summary>The current token.</summary>
    public readonly JsonTokenType Token => json.TokenType;

    /// <summary>The offset of the current token.</summary>
    public readonly int Start => (int)json.TokenStartIndex;

    /// <summary>The offset of the byte after the current token.</summary>
    public readonly int End => (int)json.BytesConsumed;

    /// <summary>The offset of the name of the field that <see cref="NextField"/> found.</summary>
    public int NameStart { get; private set; }

    /// <summary>Describes an exception to the caller, with line and byte but without internal details.</summary>
    public static string Describe(JsonException fault)
    {
        var end = fault.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        var text = end < 0 ? fault.Message : fault.Message[..end];
        return fault is { LineNumber: { } line, BytePositionInLine: { } position }
            ? string.Create(CultureInfo.InvariantCulture, $"{text} (line {line + 1}, byte {position + 1})")
            : text;
    }

    /// <summary>Advances to the next token.</summary>
    public bool Read() => json.Read();

    /// <summary>Reads to the end of the document. Anything but white space there is malformed.</summary>
    public void Finish()
    {
        if (json.Read())
            throw new JsonException("There is text after the end of the JSON value.");
    }

    /// <summary>Returns whether the current value is an object. If not, adds a fault and skips the value.</summary>
    public bool IsObject(string path) => Is(JsonTokenType.StartObject, path, "an object");

    /// <summary>Returns whether the current value is an array. If not, adds a fault and skips the value.</summary>
    public bool IsArray(string path) => Is(JsonTokenType.StartArray, path, "an array");

    /// <summary>
    /// Advances to the value of the object's next field among <paramref name="names"/>. Adds a fault for each unknown
    /// field and skips it. Returns false at the end of the object.
    /// </summary>
    /// <param name="names">The known fields, at most 64.</param>
    /// <param name="seen">The fields that the object has had, by index; default at first.</param>
    /// <param name="path">The path of the object; empty for the document.</param>
    /// <param name="field">The index of the found field.</param>
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
                ? $"unknown field; did you mean '{near}'?"
                : $"unknown field; the fields are {string.Join(", ", names.ToArray())}");
            Read();
            Skip();
        }

        field = -1;
        return false;
    }

    /// <summary>
    /// Advances to the value of the object's next entry of any name. Returns false at the object's end.
    /// </summary>
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

    /// <summary>Returns the current value as a string; adds a fault and returns null if it is not one.</summary>
    public string? String(string path) => Is(JsonTokenType.String, path, "a string") ? Text() : null;

    /// <summary>
    /// Returns the index of the current string in a list of words; adds a fault and returns 0 if it is none of them.
    /// </summary>
    public int Word(string path, string[] words)
    {
        if (String(path) is not { } text)
            return 0;
        var index = Array.IndexOf(words, text);
        if (index >= 0)
            return index;
        var near = NearMatch.Find(text, words) is { } word ? $"; did you mean '{word}'?" : "";
        errors.Add(path, $"'{Quote(text)}' is not one of {string.Join(", ", words)}{near}");
        return 0;
    }

    /// <summary>
    /// Returns the current string, unescaped, as UTF-8; adds a fault and returns null if it is not one.
    /// </summary>
    public byte[]? Bytes(string path)
    {
        if (!Is(JsonTokenType.String, path, "a string"))
            return null;
        if (!json.ValueIsEscaped)
            return json.ValueSpan.ToArray();
        return Encoding.UTF8.GetBytes(Text());
    }

    /// <summary>Returns the current value as a Boolean; adds a fault and returns null if it is not one.</summary>
    public bool? Boolean(string path)
    {
        if (Token is JsonTokenType.True or JsonTokenType.False)
            return Token == JsonTokenType.True;
        Is(JsonTokenType.True, path, "true or false");
        return null;
    }

    /// <summary>
    /// Returns the current value as an integer within bounds; adds a fault and returns null if it is not one.
    /// </summary>
    public long? Integer(string path, long least, long most)
    {
        if (!Is(JsonTokenType.Number, path, "a whole number"))
            return null;
        if (json.TryGetInt64(out var value) && (!errors.ChecksRules || (value >= least && value <= most)))
            return value;
        errors.Add(path, string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {least} to {most}"));
        return null;
    }

    /// <summary>
    /// Returns the current value as a number of bytes within bounds, which may be a string with a unit; adds a fault
    /// and returns null if it is not one.
    /// </summary>
    public long? ByteSize(string path, long least, long most)
    {
        if (Token != JsonTokenType.String)
            return Is(JsonTokenType.Number, path, ByteSizes.Examples) ? Integer(path, least, most) : null;
        if (!ByteSizes.TryParse(Text(), out var value))
            errors.Add(path, $"'{Quote(Text())}' is not {ByteSizes.Examples}");
        else if (errors.ChecksRules && (value < least || value > most))
            errors.Add(path, string.Create(CultureInfo.InvariantCulture, $"must be from {least} to {most} bytes, but is {Quote(Text())}"));
        else
            return value;
        return null;
    }

    /// <summary>
    /// Returns the current value as a number within bounds; adds a fault and returns null if it is not one.
    /// </summary>
    public double? Number(string path, double least, double most)
    {
        if (!Is(JsonTokenType.Number, path, "a number"))
            return null;
        if (json.TryGetDouble(out var value) && (!errors.ChecksRules || (value >= least && value <= most)))
            return value;
        errors.Add(path, string.Create(CultureInfo.InvariantCulture, $"must be a number from {least} to {most}"));
        return null;
    }

    /// <summary>
    /// Returns the current value as a duration within bounds; adds a fault and returns null if it is not one.
    /// </summary>
    public TimeSpan? Duration(string path, TimeSpan least, TimeSpan most)
    {
        if (!Is(JsonTokenType.String, path, Durations.Examples))
            return null;
        if (!(json.ValueIsEscaped ? Durations.TryParse(Text(), out var value)
            : Durations.TryParse(json.ValueSpan, out value)))
            errors.Add(path, $"'{Quote(Text())}' is not {Durations.Examples}");
        else if (errors.ChecksRules && (value < least || value > most))
            errors.Add(path,
                $"must be from {Durations.Format(least)} to {Durations.Format(most)}, but is {Quote(Text())}");
        else
            return value;
        return null;
    }

    /// <summary>
    /// Returns the current value as a time in Unix milliseconds; adds a fault and returns null if it is not one. In a
    /// stored document, a time outside the calendar becomes the nearest one within.
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

    /// <summary>
    /// Skips the current value. Throws if an object in it has a duplicate name or a string is invalid.
    /// </summary>
    public void Skip()
    {
        if (Token is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            if (Token == JsonTokenType.String && json.ValueIsEscaped)
                // Decodes the string only to throw if it contains half of a surrogate pair.
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

    /// <summary>Shortens a caller's string, so that an answer stays readable.</summary>
    public static string Quote(string text) => text.Length <= LongestQuote ? text
        : text[..(char.IsHighSurrogate(text[LongestQuote - 1]) ? LongestQuote - 1 : LongestQuote)] + "…";

    /// <summary>Returns the path of a field of an object.</summary>
    public static string Join(string path, string field) => path.Length == 0 ? field : $"{path}.{field}";

    private bool Is(JsonTokenType token, string path, string what)
    {
        if (Token == token)
            return true;
        errors.Add(path, $"must be {what}, but is {Kind(Token)}");
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

    private static JsonException Twice(string name) => new($"An object has the name '{Quote(name)}' more than once.");

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

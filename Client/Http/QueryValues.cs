using System.Globalization;
using System.Text.Unicode;
using Microsoft.AspNetCore.WebUtilities;
using OrleansTasks.Processing.Text;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Http;

/// <summary>
/// The query parameters of one request. <see cref="Read"/> has already refused unknown parameters, and repeated ones
/// that may not repeat.
/// </summary>
public readonly struct QueryValues
{
    private readonly List<KeyValuePair<string, string>>? values;

    private QueryValues(List<KeyValuePair<string, string>>? values) => this.values = values;

    /// <summary>The number of values in the query.</summary>
    public int Count => values?.Count ?? 0;

    /// <summary>
    /// Reads a query. Throws 400 <c>bad-parameter</c> for a parameter that is not in <paramref name="allowed"/>.
    /// </summary>
    public static QueryValues Read(QueryString query, ReadOnlySpan<QueryParameter> allowed)
    {
        if (!query.HasValue || query.Value!.Length == 1)
            return default;
        if (!IsEscapedUtf8(query.Value))
            throw Refuse("The query has a % without two hexadecimal digits after it, or bytes that are not UTF-8.");
        var values = new List<KeyValuePair<string, string>>();
        foreach (var pair in new QueryStringEnumerable(query.Value))
        {
            var name = pair.DecodeName().ToString();
            var parameter = Find(name, allowed) ?? throw Unknown(name, allowed);
            if (!parameter.Repeats && values.Exists(value => value.Key == parameter.Name))
                throw Refuse($"'{parameter.Name}' may be given only once.");
            values.Add(new(parameter.Name, pair.DecodeValue().ToString()));
        }

        return new QueryValues(values);
    }

    /// <summary>
    /// Returns whether every % starts an escape of two hexadecimal digits, and the unescaped bytes are UTF-8.
    /// </summary>
    private static bool IsEscapedUtf8(string query)
    {
        if (!query.Contains('%'))
            return true;
        var bytes = new byte[query.Length];
        var count = 0;
        for (var i = 0; i < query.Length; i++)
        {
            var next = query[i];
            if (next == '%')
            {
                if (i + 2 >= query.Length || !char.IsAsciiHexDigit(query[i + 1]) || !char.IsAsciiHexDigit(query[i + 2]))
                    return false;
                bytes[count++] = byte.Parse(
                    query.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                i += 2;
            }
            else
                bytes[count++] = (byte)(next < 0x80 ? next : '?');
        }

        return Utf8.IsValid(bytes.AsSpan(0, count));
    }

    /// <summary>Returns the value of a parameter; null if it is missing.</summary>
    public string? Text(string name)
    {
        foreach (var (key, value) in values ?? [])
        {
            if (key == name)
                return value;
        }

        return null;
    }

    /// <summary>Returns all values of a parameter, in order.</summary>
    public IEnumerable<string> All(string name) =>
        (values ?? []).Where(value => value.Key == name).Select(value => value.Value);

    /// <summary>
    /// Returns an integer from <paramref name="min"/> to <paramref name="max"/>, or <paramref name="defaultValue"/> if
    /// the parameter is missing.
    /// </summary>
    public int Integer(string name, int min, int max, int defaultValue)
    {
        if (Text(name) is not { } text)
            return defaultValue;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min
            && value <= max
            ? value
            : throw Refuse($"'{name}' must be a whole number from {min} to {max}.");
    }

    /// <summary>Returns a Boolean; false if the parameter is missing.</summary>
    public bool Flag(string name) => Text(name) switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw Refuse($"'{name}' must be true or false."),
    };

    /// <summary>Returns a duration of at most <paramref name="max"/>; null if the parameter is missing.</summary>
    public TimeSpan? Duration(string name, TimeSpan max)
    {
        if (Text(name) is not { } text)
            return null;
        return Durations.TryParse(text, out var value) && value <= max
            ? value
            : throw Refuse($"'{name}' must be {Durations.Examples} of at most {Durations.Format(max)}.");
    }

    /// <summary>Returns a time in Unix milliseconds; null if the parameter is missing.</summary>
    public long? Time(string name)
    {
        if (Text(name) is not { } text)
            return null;
        return Timestamps.TryParse(text, out var value)
            ? value
            : throw Refuse($"'{name}' must be {Timestamps.Example}; write a '+' as %2B.");
    }

    /// <summary>
    /// Returns a time, given as such or as a minus sign and a duration before now; null if the parameter is missing.
    /// </summary>
    /// <param name="name">The parameter.</param>
    /// <param name="now">The current time.</param>
    /// <param name="longest">The maximum duration.</param>
    public DateTimeOffset? Moment(string name, DateTimeOffset now, TimeSpan longest)
    {
        if (Text(name) is not ['-', .. var text])
            return Time(name) is { } given ? Timestamps.ToMoment(given) : null;
        return Durations.TryParse(text, out var before) && before <= longest
            ? now - before
            : throw Refuse($"'{name}' must be a time, or minus and {Durations.Examples} of at most {Durations.Format(longest)}.");
    }

    /// <summary>Returns the exception for 400 <c>bad-parameter</c>.</summary>
    public static ProblemException Refuse(string detail) => new(Problems.BadParameter(detail));

    private static QueryParameter? Find(string name, ReadOnlySpan<QueryParameter> allowed)
    {
        foreach (var parameter in allowed)
        {
            if (parameter.Name == name)
                return parameter;
        }

        return null;
    }

    private static ProblemException Unknown(string name, ReadOnlySpan<QueryParameter> allowed)
    {
        var quoted = StrictReader.Quote(name);
        if (allowed.IsEmpty)
            return Refuse($"Unknown query parameter '{quoted}'; this call has no parameters.");
        var names = new string[allowed.Length];
        for (var i = 0; i < names.Length; i++)
            names[i] = allowed[i].Name;
        return Refuse(NearMatch.Find(name, names) is { } near
            ? $"Unknown query parameter '{quoted}'; did you mean '{near}'?"
            : $"Unknown query parameter '{quoted}'; the parameters of this call are {string.Join(", ", names)}.");
    }
}

using System.Globalization;
using System.Text.Unicode;
using Microsoft.AspNetCore.WebUtilities;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Http;

/// <summary>
/// The query parameters of one request. <see cref="Read"/> has refused parameters that the call does not know and those
/// that are repeated without leave.
/// </summary>
public readonly struct QueryValues
{
    private readonly List<KeyValuePair<string, string>>? values;

    private QueryValues(List<KeyValuePair<string, string>>? values) => this.values = values;

    /// <summary>The number of values in the query.</summary>
    public int Count => values?.Count ?? 0;

    /// <summary>
    /// Reads a query. Throws 400 <c>bad-parameter</c> for a parameter that <paramref name="allowed"/> does not list.
    /// </summary>
    public static QueryValues Read(QueryString query, ReadOnlySpan<QueryParameter> allowed)
    {
        if (!query.HasValue || query.Value!.Length == 1)
            return default;
        if (!IsEscapedUtf8(query.Value))
            throw Refuse("The query has a % that two hexadecimal digits do not follow, or bytes that are not UTF-8.");
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

    /// <summary>Whether each % begins an escape of two hexadecimal digits and the bytes are UTF-8.</summary>
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

    /// <summary>The value of a parameter; null when it was not given.</summary>
    public string? Text(string name)
    {
        foreach (var (key, value) in values ?? [])
        {
            if (key == name)
                return value;
        }

        return null;
    }

    /// <summary>Every value of a parameter, in order.</summary>
    public IEnumerable<string> All(string name) =>
        (values ?? []).Where(value => value.Key == name).Select(value => value.Value);

    /// <summary>
    /// A whole number from <paramref name="min"/> to <paramref name="max"/>; <paramref name="defaultValue"/> when the
    /// parameter was not given.
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

    /// <summary>True or false; false when the parameter was not given.</summary>
    public bool Flag(string name) => Text(name) switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw Refuse($"'{name}' must be true or false."),
    };

    /// <summary>A duration of at most <paramref name="max"/>; null when the parameter was not given.</summary>
    public TimeSpan? Duration(string name, TimeSpan max)
    {
        if (Text(name) is not { } text)
            return null;
        return Durations.TryParse(text, out var value) && value <= max
            ? value
            : throw Refuse($"'{name}' must be {Durations.Examples} of at most {Durations.Format(max)}.");
    }

    /// <summary>A time in Unix milliseconds; null when the parameter was not given.</summary>
    public long? Time(string name)
    {
        if (Text(name) is not { } text)
            return null;
        return Timestamps.TryParse(text, out var value)
            ? value
            : throw Refuse($"'{name}' must be {Timestamps.Example}; write a '+' as %2B.");
    }

    /// <summary>A time, or a minus and a duration before now; null when the parameter was not given.</summary>
    /// <param name="name">The parameter.</param>
    /// <param name="now">The present time.</param>
    /// <param name="longest">The longest duration.</param>
    public DateTimeOffset? Moment(string name, DateTimeOffset now, TimeSpan longest)
    {
        if (Text(name) is not ['-', .. var text])
            return Time(name) is { } given ? Timestamps.ToMoment(given) : null;
        return Durations.TryParse(text, out var before) && before <= longest
            ? now - before
            : throw Refuse($"'{name}' must be a time, or a minus and {Durations.Examples} of at most {Durations.Format(longest)}.");
    }

    /// <summary>A 400 <c>bad-parameter</c>.</summary>
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
            return Refuse($"There is no query parameter '{quoted}'; this call takes none.");
        var names = new string[allowed.Length];
        for (var i = 0; i < names.Length; i++)
            names[i] = allowed[i].Name;
        return Refuse(NearMatch.Find(name, names) is { } near
            ? $"There is no query parameter '{quoted}'; did you mean '{near}'?"
            : $"There is no query parameter '{quoted}'; this call takes {string.Join(", ", names)}.");
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;

namespace OrleansTasks.Bench.Harness;

/// <summary>How often each answer came: by status and, of problems, by code.</summary>
public sealed class AnswerCounts
{
    private readonly ConcurrentDictionary<string, int> counts = [];

    /// <summary>Each answer with how often it came, by name.</summary>
    public IEnumerable<KeyValuePair<string, int>> All => counts.OrderBy(static one => one.Key, StringComparer.Ordinal);

    /// <summary>How many came.</summary>
    public int Total => counts.Values.Sum();

    /// <summary>Counts something that happened instead of an answer.</summary>
    public void Add(string what) => counts.AddOrUpdate(what, 1, static (_, count) => count + 1);

    /// <summary>Counts an answer.</summary>
    public async Task Add(HttpResponseMessage answer)
    {
        var status = ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture);
        Add(answer.Content.Headers.ContentType?.MediaType == "application/problem+json"
            ? $"{status} {JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["code"]}"
            : status);
    }
}

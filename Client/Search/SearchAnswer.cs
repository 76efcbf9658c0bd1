using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;

namespace OrleansTasks.Client.Search;

/// <summary>What a search found, as the HTTP contract shows it.</summary>
[Schema("SearchResults"), Description("What a search found.")]
internal sealed record SearchAnswer(
    [property: Description("The results."), MaxLength(SearchAnswer.Most)]
    IEnumerable<Found> Items,
    [property: Description("Whether the search covered everything in the given time."), JsonPropertyOrder(1)]
    bool Complete) : IListAnswer
{
    /// <summary>The most results.</summary>
    public const int Most = 20;

    [Description("Always null.")]
    public string? NextCursor => null;

    /// <summary>The example of the contract.</summary>
    public static SearchAnswer Example => new([new Found("task", Examples.Id.ToString(), "rsync", "failed, queue etl")], Complete: true);
}

/// <summary>A result of a search.</summary>
[Description("A result of a search.")]
internal sealed record Found(
    [property: Description("What it is."), AllowedValues("task", "job", "workflow", "rollout", "queue", "node", "schedule")]
    string Type,
    [property: Description("Its id or name.")]
    string Id,
    [property: Description("Its name, or for a task the beginning of its command.")]
    string Title,
    [property: Description("Its state or queue, in words.")]
    string Detail);

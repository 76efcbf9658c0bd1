using OrleansTasks.Processing.Json;
using OrleansTasks.Processing.Plugins;

namespace OrleansTasks.Samples;

/// <summary>The domain of an e-mail address: of a text, or of an object's field <c>email</c>.</summary>
[Processor("email-domain")]
public sealed class EmailDomain : IItemProcessor
{
    private static readonly JsonPointer Email = JsonPointer.TryParse("/email")!;

    /// <inheritdoc/>
    public string? Process(Item item, Results results)
    {
        ArgumentNullException.ThrowIfNull(results);
        if (item.TrySelect(Email, out var field))
            item = field;
        var at = item.Utf8.LastIndexOf((byte)'@');
        if (item.Kind != System.Text.Json.JsonValueKind.String || at < 0)
            return "there is no e-mail address";
        results.Add(System.Text.Encoding.UTF8.GetString(item.Utf8[(at + 1)..]).ToLowerInvariant());
        return null;
    }
}

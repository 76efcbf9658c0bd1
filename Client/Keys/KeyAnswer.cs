using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using OrleansTasks.Access;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;

namespace OrleansTasks.Client.Keys;

/// <summary>A key, as the HTTP contract shows it.</summary>
[Schema("Key"), Description("An API key, without its text.")]
internal class KeyAnswer
{
    private readonly KeyRecord key;

    private protected KeyAnswer(KeyRecord key) => this.key = key;

    [Description("The key's id.")]
    public string Id => key.Id;

    [Description("A display name; may be empty.")]
    public string Name => key.Name;

    [Description("What the key may do; no scope includes another."), MinLength(1)]
    public Scopes Scopes => key.Scopes;

    [Description("The definitions that the key may run, if it has the scope run: names, in which * stands for any text.")]
    public ImmutableArray<string> Definitions => key.Definitions.IsDefault ? [] : key.Definitions;

    [Description("When the key was created.")]
    public Timestamp CreatedAt => key.CreatedAt;

    [Description("When a request last used the key or one of its sessions; null for never. Uses at another gateway appear about a minute later.")]
    public Timestamp? LastUsedAt => key.LastUsedAt;

    [Description("The network address of that request.")]
    public string? LastAddress => key.LastAddress;

    [Description("When the key expires; null for never.")]
    public Timestamp? ExpiresAt => key.ExpiresAt;

    /// <summary>The example of the contract.</summary>
    public static KeyAnswer Example => Of(ExampleKey);

    private protected static KeyRecord ExampleKey =>
        new("key-0123456789abcdef", "ci", default, Scopes.Read | Scopes.Submit) { CreatedAt = Examples.Time };

    /// <summary>Returns the answer of a key.</summary>
    public static KeyAnswer Of(KeyRecord key) => new(key);
}

/// <summary>A new key, as the HTTP contract shows it once.</summary>
[Schema("CreatedKey"), Description("A new key with its text.")]
internal sealed class CreatedKeyAnswer : KeyAnswer
{
    private CreatedKeyAnswer(KeyRecord key, string text)
        : base(key) => Key = text;

    [Description("The key's text, which callers send as Authorization: Bearer KEY. The service stores only its hash.")]
    [RegularExpression("^otk_"), JsonPropertyOrder(1)]
    public string Key { get; }

    /// <summary>The example of the contract.</summary>
    public static new CreatedKeyAnswer Example => Of(ExampleKey, "otk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");

    /// <summary>Returns the answer of a new key.</summary>
    public static CreatedKeyAnswer Of(KeyRecord key, string text) => new(key, text);
}

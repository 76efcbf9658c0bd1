using System.Buffers.Text;
using System.Security.Cryptography;

namespace OrleansTasks.Access;

/// <summary>
/// A key that is about to be stored. Its holder gets <paramref name="Text"/>, which is stored nowhere.
/// </summary>
public sealed record NewKey(string Text, KeyRecord Record)
{
    private const int SecretBytes = 32;
    private const int IdBytes = 8;

    /// <summary>Returns the key's id; the text must not get into a log.</summary>
    public override string ToString() => Record.Id;

    /// <summary>Creates a key of 256 random bits, with a prefix that humans and secret scanners recognize.</summary>
    public static NewKey Make(string name, Scopes scopes, long? expiresAt, ImmutableArray<string> definitions = default)
    {
        var text = "otk_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        var id = "key-" + RandomNumberGenerator.GetHexString(IdBytes * 2, lowercase: true);
        return new NewKey(text, new KeyRecord(id, name, KeyHash.Of(text), scopes) { ExpiresAt = expiresAt, Definitions = definitions.IsDefault ? [] : definitions });
    }
}

using System.Buffers.Text;
using System.Security.Cryptography;
using OrleansTasks.Access;

namespace OrleansTasks.Cli.Keys;

/// <summary>A key that is about to be stored.</summary>
/// <param name="Text">What its holder sends; kept nowhere.</param>
/// <param name="Record">What is stored.</param>
internal sealed record NewKey(string Text, KeyRecord Record)
{
    private const int SecretBytes = 32;
    private const int IdBytes = 8;

    /// <summary>Makes one of 256 random bits; its prefix lets people and secret scanners recognise it.</summary>
    public static NewKey Make(string name, Scopes scopes)
    {
        var text = "otk_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        var id = "key-" + RandomNumberGenerator.GetHexString(IdBytes * 2, lowercase: true);
        return new NewKey(text, new KeyRecord(id, name, KeyHash.Of(text), scopes));
    }
}

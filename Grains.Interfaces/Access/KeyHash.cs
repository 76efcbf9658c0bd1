using System.Security.Cryptography;
using System.Text;

namespace OrleansTasks.Access;

/// <summary>Hashes the text of API keys.</summary>
public static class KeyHash
{
    /// <summary>Size of a hash in bytes.</summary>
    public const int Size = SHA256.HashSizeInBytes;

    /// <summary>Returns SHA-256 of the UTF-8 text. Keys are 256 random bits: guessing needs no slower hash.</summary>
    public static byte[] Of(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}

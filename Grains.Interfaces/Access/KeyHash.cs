using System.Security.Cryptography;
using System.Text;

namespace OrleansTasks.Access;

/// <summary>Hashes the text of API keys.</summary>
public static class KeyHash
{
    /// <summary>The size of a hash in bytes.</summary>
    public const int Size = SHA256.HashSizeInBytes;

    /// <summary>
    /// Returns the SHA-256 hash of the UTF-8 text. A fast hash suffices, since a key has 256 random bits.
    /// </summary>
    public static byte[] Of(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}

using System.Net;
using OrleansTasks.Access;

namespace OrleansTasks.Client.Hosting;

/// <summary>Nothing listens where other machines could reach it unless a key exists that they would need.</summary>
internal static class KeyRule
{
    /// <summary>
    /// Throws <see cref="StartRefusedException"/> when any of the places is beyond loopback and no key exists.
    /// </summary>
    public static async Task Check(
        Func<Task<ImmutableArray<KeyRecord>>> readKeys, string data, params (string Option, IPEndPoint Address)[] places)
    {
        var open = places.Where(static place => !ListenAddress.IsLoopback(place.Address)).ToArray();
        if (open.Length == 0 || (await readKeys()).Length > 0)
            return;
        throw new StartRefusedException(
            $"{string.Join(" and ", open.Select(static place => $"{place.Option} {place.Address}"))}: other machines could reach this, "
            + $"and no key exists that they would need. Make one first: otask key create --data {data} "
            + $"--scope {string.Join(',', ScopeNames.Of((Scopes)~0))}");
    }
}

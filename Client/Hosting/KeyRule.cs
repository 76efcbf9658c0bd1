using System.Net;
using OrleansTasks.Access;
using OrleansTasks.Storage;

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

    /// <summary>
    /// Throws <see cref="StartRefusedException"/> when workers could connect from other machines and there is no key, no join token and
    /// no worker that has joined.
    /// </summary>
    public static async Task CheckWorkers(IServiceProvider services, ServiceOptions options)
    {
        var now = services.GetRequiredService<TimeProvider>().GetUtcNow().ToUnixTimeMilliseconds();
        if (ListenAddress.IsLoopback(options.Grpc) || (await services.GetRequiredService<IKeyStore>().List()).Length > 0
            || await services.GetRequiredService<ITrustStore>().HasUsableCredential(now))
            return;
        throw new StartRefusedException(
            $"--grpc {options.Grpc}: other machines could reach this, and there is no key, no join token and no worker that has joined. Make a token for the "
            + $"first worker: otask node token --data {options.Data}, or a key by which tokens can be had from the running service: "
            + $"otask key create --data {options.Data} --scope {string.Join(',', ScopeNames.Of((Scopes)~0))}", StartRefusedException.BadOption);
    }
}

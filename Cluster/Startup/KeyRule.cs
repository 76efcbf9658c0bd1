using System.Net;
using OrleansTasks.Access;
using OrleansTasks.Listening;
using OrleansTasks.Settings;
using OrleansTasks.Storage;

namespace OrleansTasks.Cluster.Startup;

/// <summary>Refuses to listen where strangers could connect unless a key exists that they would need.</summary>
public static class KeyRule
{
    /// <summary>Throws <see cref="StartRefusedException"/> if an address needs keys and none is valid.</summary>
    public static async Task Check(
        Func<Task<ImmutableArray<KeyRecord>>> readKeys, TimeProvider time, string store, string option,
        IPEndPoint address, bool isNeeded)
    {
        ArgumentNullException.ThrowIfNull(readKeys);
        ArgumentNullException.ThrowIfNull(time);
        if (!isNeeded || HasValid(await readKeys(), time.GetUtcNow().ToUnixTimeMilliseconds()))
            return;
        throw new StartRefusedException(
            $"{option} {address}: {Reachers(address)} could reach this address, but no key exists. Create one first: otask key "
            + $"create {store} --scope {string.Join(',', ScopeNames.Of((Scopes)~0))}");
    }

    /// <summary>
    /// Throws <see cref="StartRefusedException"/> if workers need certificates and there is no key, no join token and
    /// no worker that has joined.
    /// </summary>
    /// <param name="services">The silo's services.</param>
    /// <param name="grpc">The address at which workers connect.</param>
    /// <param name="isNeeded">Whether workers there need certificates.</param>
    /// <param name="store">The option by which tools select the store.</param>
    public static async Task CheckWorkers(IServiceProvider services, IPEndPoint grpc, bool isNeeded, string store)
    {
        ArgumentNullException.ThrowIfNull(services);
        var now = services.GetRequiredService<TimeProvider>().GetUtcNow().ToUnixTimeMilliseconds();
        if (!isNeeded || HasValid(await services.GetRequiredService<IKeyStore>().List(), now)
            || await services.GetRequiredService<ITrustStore>().HasUsableCredential(now))
            return;
        throw new StartRefusedException(
            $"--grpc {grpc}: {Reachers(grpc)} could reach this address, but there is no key, no join "
                + "token and no worker that has joined. Create a token for the "
            + $"first worker: otask node token {store}, or a key with which to create tokens at the running service: "
            + $"otask key create {store} --scope {string.Join(',', ScopeNames.Of((Scopes)~0))}", StartRefusedException.BadOption);
    }

    private static bool HasValid(ImmutableArray<KeyRecord> keys, long now) => keys.Any(key => key.IsValidAt(now));

    private static string Reachers(IPEndPoint address) =>
        ListenAddress.IsLoopback(address) ? "tasks and other users of this machine" : "other machines";
}

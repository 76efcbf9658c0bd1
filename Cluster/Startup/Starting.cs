using Microsoft.AspNetCore.Connections;
using OrleansTasks.Settings;
using OrleansTasks.Storage;

namespace OrleansTasks.Cluster.Startup;

/// <summary>Reports what prevents the service from starting in terms that the operator can act on.</summary>
public static class Starting
{
    /// <summary>
    /// Runs a start. Rethrows failures that the operator can fix as <see cref="StartRefusedException"/>.
    /// </summary>
    /// <param name="start">The start.</param>
    /// <param name="store">The option that names the store.</param>
    public static async Task<T> Run<T>(Func<Task<T>> start, string store = "--data")
    {
        ArgumentNullException.ThrowIfNull(start);
        try
        {
            return await start();
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            // Two processes that bind at the same moment may both succeed, but only one can listen.
            throw new StartRefusedException($"A port is in use by another program: {e.Message} Stop that program, or "
                + "choose another port.", e);
        }
        catch (UnusableDatabaseException e)
        {
            throw new StartRefusedException($"{store}: {e.Message}", e);
        }
        catch (Exception e) when (e is StoreUnavailableException or StoreRefusedException)
        {
            throw new StartRefusedException($"{store}: cannot open the store: {e.Message}", e);
        }
    }
}

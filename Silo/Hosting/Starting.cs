using Microsoft.AspNetCore.Connections;
using OrleansTasks.Settings;
using OrleansTasks.Storage;

namespace OrleansTasks.Silo.Hosting;

/// <summary>Tells what keeps the service from starting in words that people can act on.</summary>
internal static class Starting
{
    /// <summary>Starts something; what people can mend is thrown as <see cref="StartRefusedException"/>.</summary>
    /// <param name="start">Starts it.</param>
    /// <param name="store">The option that names the store.</param>
    public static async Task<T> Run<T>(Func<Task<T>> start, string store = "--data")
    {
        try
        {
            return await start();
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            // Two that bind at the same moment may both succeed; only one of them can listen.
            throw new StartRefusedException($"A port is in use by another program: {e.Message} Stop it, or give another port.", e);
        }
        catch (UnusableDatabaseException e)
        {
            throw new StartRefusedException($"{store}: {e.Message}", e);
        }
        catch (StoreUnavailableException e)
        {
            throw new StartRefusedException($"{store}: the store cannot be opened: {e.Message}", e);
        }
    }
}

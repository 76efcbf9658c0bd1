using OrleansTasks.Contract;

namespace OrleansTasks.Webhooks;

/// <summary>The names of the delivery states in the HTTP contract.</summary>
public static class DeliveryStates
{
    private static readonly string[] Names = EnumNames.Of<DeliveryState>();

    /// <summary>Returns the name in the HTTP contract.</summary>
    public static string Name(this DeliveryState state) => Names[(int)state];
}

namespace OrleansTasks.Simulation.Checks;

/// <summary>Something that must always hold did not.</summary>
internal sealed class Violation(string message) : Exception(message)
{
    /// <summary>Fails unless it holds.</summary>
    public static void Unless(bool holds, [System.Runtime.CompilerServices.InterpolatedStringHandlerArgument(nameof(holds))] ref Text message)
    {
        if (!holds)
            throw new Violation(message.ToString());
    }

    /// <summary>A message that is only put together when it is needed.</summary>
    [System.Runtime.CompilerServices.InterpolatedStringHandler]
    public ref struct Text
    {
        private System.Runtime.CompilerServices.DefaultInterpolatedStringHandler inner;
        private readonly bool isNeeded;

        public Text(int literals, int holes, bool holds, out bool isNeeded)
        {
            this.isNeeded = isNeeded = !holds;
            inner = isNeeded ? new(literals, holes, System.Globalization.CultureInfo.InvariantCulture) : default;
        }

        public void AppendLiteral(string text) => inner.AppendLiteral(text);

        public void AppendFormatted<T>(T value) => inner.AppendFormatted(value);

        public override string ToString() => isNeeded ? inner.ToStringAndClear() : "";
    }
}

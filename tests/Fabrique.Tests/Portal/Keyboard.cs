using Microsoft.Playwright;

namespace Fabrique.Tests;

/// <summary>A page in the hands of somebody without a mouse: at each press of Tab, one sees where one is.</summary>
internal static class Keyboard
{
    private const int MostPresses = 150;

    private const string FocusIsSeen = """
        () => {
          const element = document.activeElement;
          if (element === document.body) return true;
          if (element instanceof SVGElement) return parseFloat(getComputedStyle(element.querySelector('.map-dot') ?? element).strokeWidth) >= 10;
          const style = getComputedStyle(element), box = element.getBoundingClientRect();
          return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.width > 0 && box.bottom > 0 && box.top < window.innerHeight;
        }
        """;

    /// <summary>Goes on with Tab until the element has the focus, past the end of the page and round again if need be.</summary>
    public static async Task TabToAsync(this IPage page, ILocator target)
    {
        for (var presses = 0; presses < MostPresses; presses++)
        {
            if (presses > 0 || !await HasFocusAsync(target))
            {
                await page.Keyboard.PressAsync("Tab");
            }
            Assert.True(
                await page.EvaluateAsync<bool>(FocusIsSeen),
                $"{page.Url}: no focus seen on {await page.EvaluateAsync<string>("document.activeElement.outerHTML.slice(0, 200)")}"
            );
            if (await HasFocusAsync(target))
            {
                return;
            }
        }

        Assert.Fail($"{page.Url}: the keyboard does not lead to {target}");
    }

    /// <summary>Presses a link or a button, and waits for the page that comes.</summary>
    public static async Task PressAsync(this ILocator target)
    {
        await target.Page.TabToAsync(target);
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        target.Page.DOMContentLoaded += Read;
        await target.Page.Keyboard.PressAsync("Enter");
        await read.Task.WaitAsync(TimeSpan.FromSeconds(30));
        target.Page.DOMContentLoaded -= Read;

        void Read(object? sender, IPage page) => read.TrySetResult();
    }

    /// <summary>Types into a field, in the place of what is there.</summary>
    public static async Task WriteAsync(this ILocator target, string text)
    {
        await target.Page.TabToAsync(target);
        await target.Page.Keyboard.PressAsync("Control+A");
        await target.Page.Keyboard.InsertTextAsync(text);
    }

    /// <summary>Ticks a box.</summary>
    public static async Task TickAsync(this ILocator target)
    {
        await target.Page.TabToAsync(target);
        await target.Page.Keyboard.PressAsync("Space");
        await Assertions.Expect(target).ToBeCheckedAsync();
    }

    /// <summary>Goes down a list, or round a group of radio buttons, until the value is chosen.</summary>
    /// <param name="target">The list, or the first button that Tab reaches.</param>
    /// <param name="value">As the form sends it.</param>
    public static async Task ChooseAsync(this ILocator target, string value)
    {
        await target.Page.TabToAsync(target);
        if (await target.GetAttributeAsync("type") == "radio")
        {
            await target.Page.Keyboard.PressAsync("Space");
        }
        for (var presses = 0; presses < MostPresses; presses++)
        {
            if (await target.Page.EvaluateAsync<string>("document.activeElement.value") == value)
            {
                return;
            }
            await target.Page.Keyboard.PressAsync("ArrowDown");
        }
        Assert.Fail($"{target.Page.Url}: the keyboard does not choose {value} in {target}");
    }

    private static Task<bool> HasFocusAsync(ILocator target) => target.EvaluateAsync<bool>("element => element === document.activeElement");
}
